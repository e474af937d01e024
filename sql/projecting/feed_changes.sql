-- meaning: by how many events the feeds of places change: what counts now of dirty subjects and of changed use
--          of the cloud, less what counted of them before
-- grain: channel x generation x region x source x event type
-- reads: gathered_events, counted_events, changed_usage, other_events_as_of, demand_feeds_from,
--        retracted_positions
CREATE OR REPLACE TEMP TABLE feed_changes AS
WITH counted_before AS MATERIALIZED ( -- noqa: ST03
    SELECT *
    FROM other_events_as_of($was_from, $was_position, log := 'gathered_events')
),

changed AS MATERIALIZED (
    SELECT
        log_position,
        known_at,
        source,
        type,
        generation,
        region
    FROM changed_usage($was_from, $was_position, $now_from)
),

usage AS (
    SELECT
        source,
        type,
        generation,
        coalesce(region, 'unassigned') AS region,
        known_at <= $now_from
        AND log_position NOT IN (
            SELECT retracted.log_position FROM retracted_positions($now_from, $now_position) AS retracted
        ) AS is_counted,
        known_at <= $was_from
        AND log_position <= $was_position
        AND log_position NOT IN (
            SELECT retracted.log_position FROM retracted_positions($was_from, $was_position) AS retracted
        ) AS was_counted
    FROM changed
    WHERE generation IS NOT NULL
),

changes AS (
    SELECT * -- noqa: AM04
    FROM demand_feeds_from('counted_events')
    UNION ALL BY NAME
    SELECT * REPLACE (-events AS events)
    FROM demand_feeds_from('counted_before')
    UNION ALL BY NAME
    SELECT
        'cloud' AS channel,
        generation,
        region,
        source,
        type,
        count(*) FILTER (WHERE is_counted) - count(*) FILTER (WHERE was_counted) AS events
    FROM usage
    GROUP BY ALL
)

SELECT
    channel,
    generation,
    region,
    source,
    type,
    cast(sum(events) AS BIGINT) AS events
FROM changes
GROUP BY ALL
HAVING sum(events) <> 0;
