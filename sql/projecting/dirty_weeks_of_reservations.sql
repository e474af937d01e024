-- meaning: places and weeks in which a reservation holds other chips than it did, of the weeks that were kept
-- grain: generation x region x week
-- reads: kept_reservation_stretches, dirty_reservations, fresh, weeks_covered
CREATE OR REPLACE TEMP TABLE dirty_weeks AS
WITH was AS (
    SELECT kept.*
    FROM kept_reservation_stretches AS kept
    INNER JOIN dirty_reservations ON kept.reservation_id = dirty_reservations.reservation_id
),

both_ways AS (
    SELECT
        *,
        TRUE AS is_new
    FROM fresh
    UNION ALL
    SELECT
        *,
        FALSE AS is_new
    FROM was
),

weeks AS (
    SELECT
        *,
        unnest(weeks_covered(from_at, least(until_at, cast($kept_before AS TIMESTAMP)))) AS week_at
    FROM both_ways
    WHERE from_at < cast($kept_before AS TIMESTAMP)
),

cut AS (
    SELECT
        reservation_id,
        segment,
        generation,
        region,
        chips,
        is_new,
        week_at,
        greatest(from_at, week_at) AS from_at,
        least(until_at, week_at + INTERVAL 7 DAY) AS until_at
    FROM weeks
),

-- what is the same before and after stands twice
different AS (
    SELECT
        generation,
        region,
        week_at
    FROM cut
    GROUP BY reservation_id, segment, generation, region, chips, week_at, from_at, until_at
    HAVING count(DISTINCT is_new) = 1
)

SELECT DISTINCT
    generation,
    region,
    cast(week_at AS DATE) AS period_start
FROM different;
