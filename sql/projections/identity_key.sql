-- meaning: the identity of an event, its source and id, in 128 bits, as landing keeps it in events.event_key
-- grain: one value: UUID
-- reads: nothing
CREATE OR REPLACE MACRO identity_key(event_source, event_id) AS
cast(md5(concat(length(event_source), ':', event_source, event_id)) AS UUID);
