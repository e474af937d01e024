-- meaning: places and weeks of use that came to count, or ceased to, or counts in another segment; of the
--          reservations that it was metered in; and of all that is in weeks that have ended since
-- grain: generation x region x week
-- reads: usage_facts, changed_usage, changed_customers, kept_reservation_stretches, week_of, weeks_covered
INSERT INTO dirty_weeks
WITH changed AS (
    SELECT * -- noqa: AM04
    FROM changed_usage($was_from, $was_position, $now_from)
    UNION ALL
    SELECT * -- noqa: AM04
    FROM usage_facts
    WHERE segment IS NULL AND customer_id IN (SELECT customers.customer_id FROM changed_customers AS customers)
    UNION ALL
    SELECT * -- noqa: AM04
    FROM usage_facts
    WHERE
        log_position <= $was_position
        AND end_at > cast($was_closed AS TIMESTAMP)
        AND start_at < cast($now_closed AS TIMESTAMP)
),

stretches AS (
    SELECT DISTINCT
        generation,
        region,
        reservation_id,
        date_trunc('week', start_at) AS first_week_at,
        date_trunc('week', end_at - INTERVAL 1 MICROSECOND) AS last_week_at
    FROM changed
    WHERE start_at < end_at
),

weeks AS (
    SELECT DISTINCT
        generation,
        region,
        reservation_id,
        unnest(generate_series(first_week_at, last_week_at, INTERVAL 7 DAY)) AS week_at
    FROM stretches
),

places AS (
    SELECT
        generation,
        region,
        week_at
    FROM weeks
    UNION
    SELECT
        booked.generation,
        booked.region,
        weeks.week_at
    FROM weeks
    INNER JOIN kept_reservation_stretches AS booked
        ON
            weeks.reservation_id = booked.reservation_id
            AND weeks.week_at < booked.until_at
            AND weeks.week_at + INTERVAL 7 DAY > booked.from_at
    UNION
    SELECT
        generation,
        region,
        unnest(
            weeks_covered(
                greatest(from_at, cast($was_closed AS TIMESTAMP)), least(until_at, cast($now_closed AS TIMESTAMP))
            )
        ) AS week_at
    FROM kept_reservation_stretches
    WHERE from_at < cast($now_closed AS TIMESTAMP) AND until_at > cast($was_closed AS TIMESTAMP)
),

closed AS (
    SELECT
        generation,
        region,
        cast(week_at AS DATE) AS period_start
    FROM places
    WHERE week_at < cast($now_closed AS TIMESTAMP)
)

SELECT DISTINCT
    closed.generation,
    closed.region,
    closed.period_start
FROM closed
ANTI JOIN dirty_weeks
    ON
        closed.generation = dirty_weeks.generation
        AND closed.region = dirty_weeks.region
        AND closed.period_start = dirty_weeks.period_start;
