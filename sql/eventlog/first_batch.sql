-- meaning: the first batch that events at a stretch of positions name
-- grain: one row, none where no event stands there
-- reads: events
SELECT
    batch_id,
    min(log_position) AS first_position,
    max(log_position) AS last_position
FROM events
WHERE log_position BETWEEN $first AND $last
GROUP BY batch_id
ORDER BY first_position
LIMIT 1;
