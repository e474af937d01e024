-- meaning: whether an event type records what the pipeline or a planner decided: it is no fact about demand
-- grain: one value: BOOLEAN
-- reads: nothing
CREATE OR REPLACE MACRO is_decision(event_type) AS
regexp_matches(event_type, '^trn\.(forecast|override|policy|allocation)\.');
