-- question: Which retractions are contested: retracted themselves, or naming an event that is not in the log?
-- grain: one retraction, the last known first
-- reads: retractions
-- run: python -m pipeline sql sql/adhoc/contested_retractions.sql [--as-of T] [--csv]
WITH known AS (
    SELECT *
    FROM retractions($as_of)
),

contested AS (
    SELECT
        known.log_position,
        string_agg(concat_ws(' ', against.source, against.id), ', ' ORDER BY against.known_at, against.id) AS by_events
    FROM known
    INNER JOIN known AS against ON known.source = against.retracted_source AND known.id = against.retracted_id
    GROUP BY known.log_position
)

SELECT
    known.source,
    known.id,
    known.known_at,
    known.retracted_source,
    known.retracted_id,
    known.reason,
    known.is_in_force,
    known.has_target,
    contested.by_events AS retracted_by,
    CASE
        WHEN contested.by_events IS NULL THEN 'waits: the event that it names is not in the log'
        WHEN known.is_in_force THEN 'in force: what retracts it is retracted itself'
        ELSE 'counts for nothing: it is retracted'
    END AS state
FROM known
LEFT JOIN contested ON known.log_position = contested.log_position
WHERE contested.by_events IS NOT NULL OR NOT known.has_target
ORDER BY known.known_at DESC, known.source ASC, known.id ASC;
