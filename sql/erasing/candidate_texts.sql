-- meaning: what of some candidates may name a customer
-- grain: one event
-- reads: events, erasure_candidates
WITH
chunk AS (
    SELECT log_position
    FROM erasure_candidates
    WHERE number BETWEEN $first AND $last
)

SELECT
    events.log_position,
    events.type,
    events.source,
    events.id,
    events.subject,
    events.sequence,
    events.dataschema,
    events.source_file,
    events.attributes,
    events.data
FROM events
SEMI JOIN chunk ON events.log_position = chunk.log_position;
