-- meaning: how much stands in the log, by producer
-- grain: source
-- reads: events
SELECT
    source,
    count(*) AS events,
    count(DISTINCT type) AS event_types,
    min(time) AS first_at,
    max(known_at) AS last_known_at,
    max(landed_at) AS last_landed_at
FROM events
GROUP BY source
ORDER BY source;
