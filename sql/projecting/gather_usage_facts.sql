-- meaning: gathers the use that decides about dirty weeks: what overlaps one in its place, and what is metered in
--          a reservation that holds chips there then, wherever it was used
-- grain: one usage event
-- reads: usage_facts, kept_reservation_stretches, dirty_weeks, gathered_facts
INSERT INTO gathered_facts
WITH dirty AS MATERIALIZED (
    SELECT
        generation,
        region,
        cast(period_start AS TIMESTAMP) AS week_at
    FROM dirty_weeks
    WHERE period_start >= cast($from_week AS DATE) AND period_start < cast($until_week AS DATE)
),

bookings AS (
    SELECT DISTINCT
        booked.reservation_id,
        dirty.week_at
    FROM kept_reservation_stretches AS booked
    INNER JOIN dirty
        ON
            booked.generation = dirty.generation
            AND booked.region = dirty.region
            AND booked.from_at < dirty.week_at + INTERVAL 7 DAY
            AND booked.until_at > dirty.week_at
),

gathered AS (
    SELECT log_position
    FROM gathered_facts
    WHERE end_at > cast($from_week AS TIMESTAMP)
),

near AS (
    SELECT * -- noqa: AM04
    FROM usage_facts
    WHERE end_at > cast($from_week AS TIMESTAMP) AND start_at < cast($until_week AS TIMESTAMP)
),

concerned AS (
    SELECT near.*
    FROM near
    SEMI JOIN dirty
        ON
            near.generation = dirty.generation
            AND near.region = dirty.region
            AND near.start_at < dirty.week_at + INTERVAL 7 DAY
            AND near.end_at > dirty.week_at
    UNION ALL
    SELECT near.*
    FROM near
    SEMI JOIN bookings
        ON
            near.reservation_id = bookings.reservation_id
            AND near.start_at < bookings.week_at + INTERVAL 7 DAY
            AND near.end_at > bookings.week_at
    ANTI JOIN dirty
        ON
            near.generation = dirty.generation
            AND near.region = dirty.region
            AND near.start_at < dirty.week_at + INTERVAL 7 DAY
            AND near.end_at > dirty.week_at
)

SELECT concerned.* -- noqa: AM04
FROM concerned
ANTI JOIN gathered ON concerned.log_position = gathered.log_position;
