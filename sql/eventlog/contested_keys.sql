-- meaning: identities that arrive twice, or that the log has already
-- grain: one identity; log_position is empty where only arrivals contest it
-- reads: arrivals, events
CREATE OR REPLACE TEMP TABLE contested_keys AS
WITH
arrival_keys AS MATERIALIZED (
    SELECT cast(event_key AS UUID) AS event_key
    FROM arrivals
),

in_the_log AS MATERIALIZED (
    SELECT
        events.event_key,
        events.log_position
    FROM events
    SEMI JOIN arrival_keys ON events.event_key = arrival_keys.event_key
)

SELECT
    event_key,
    log_position
FROM in_the_log
UNION ALL
SELECT
    event_key,
    NULL AS log_position
FROM arrival_keys
GROUP BY event_key
HAVING count(*) > 1;
