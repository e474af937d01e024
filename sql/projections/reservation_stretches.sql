-- meaning: chips of active reservations over time, up to the as-of instant: a change of chips counts from its
--          own time on, the chips known first from the beginning
-- grain: reservation x stretch without a change
-- columns: reservation_id, segment, generation, region, from_at, until_at (TIMESTAMP, UTC), chips (chips)
-- reads: reservations, subject_steps
CREATE OR REPLACE MACRO reservation_stretches(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH sizes AS (
        SELECT
            subject AS reservation_id,
            step,
            cast(data ->> 'chips' AS BIGINT) AS chips,
            CASE WHEN step = 1 THEN TIMESTAMP '-infinity' ELSE utc_clock(time) END AS told_at
        FROM
            subject_steps(
                as_of, up_to_position, 'trn.reservation.scheduled.v1', ['trn.reservation.changed.v1']
            )
        WHERE (data ->> 'chips') IS NOT NULL
    ),

    timed AS (
        SELECT
            reservation_id,
            chips,
            max(told_at) OVER (PARTITION BY reservation_id ORDER BY step) AS told_at,
            lead(told_at, 1, TIMESTAMP 'infinity') OVER (PARTITION BY reservation_id ORDER BY step) AS next_told_at
        FROM sizes
    ),

    cut AS (
        SELECT
            reservations.reservation_id,
            reservations.segment,
            reservations.generation,
            reservations.region,
            timed.chips,
            greatest(reservations.active_from_at, timed.told_at) AS from_at,
            least(reservations.active_until_at, timed.next_told_at, utc_clock(as_of)) AS until_at
        FROM reservations(as_of, up_to_position) AS reservations
        INNER JOIN timed ON reservations.reservation_id = timed.reservation_id
    )

    SELECT *
    FROM cut
    WHERE from_at < until_at;
