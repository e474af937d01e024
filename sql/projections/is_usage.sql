-- meaning: whether an event type reports use of the cloud: nine events in ten, which have a table of their own
-- grain: one value: BOOLEAN
-- reads: nothing
CREATE OR REPLACE MACRO is_usage(event_type) AS
event_type IN ('trn.usage.metered.v1', 'trn.usage.adjusted.v1');
