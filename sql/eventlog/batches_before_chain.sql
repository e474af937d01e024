-- meaning: what stood in the log when the chain began: stretches of positions with one batch
-- grain: one stretch, in the order of positions
-- reads: events, schema_migrations
WITH
before AS (
    SELECT
        events.batch_id,
        events.log_position,
        events.log_position - row_number() OVER (PARTITION BY events.batch_id ORDER BY events.log_position) AS stretch
    FROM events
    INNER JOIN schema_migrations ON events.landed_at <= schema_migrations.applied_at
    WHERE schema_migrations.name = 'migrations/0004_log_chain' AND events.log_position < $position
)

SELECT
    batch_id,
    min(log_position) AS first_position,
    max(log_position) AS last_position
FROM before
GROUP BY batch_id, stretch
ORDER BY first_position;
