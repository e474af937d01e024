-- question: Which events wait for an opening that never landed: is a whole file or producer missing?
-- grain: source x event type x what is missing
-- reads: orphans
-- run: python -m pipeline sql sql/adhoc/orphaned_events.sql [--as-of T] [--csv]
SELECT
    source,
    type,
    missing,
    count(*) AS events,
    count(DISTINCT subject) AS subjects,
    min(known_at) AS first_known_at,
    max(known_at) AS last_known_at,
    min(subject) AS example_subject
FROM orphans($as_of)
GROUP BY source, type, missing
ORDER BY events DESC, source ASC, type ASC, missing ASC;
