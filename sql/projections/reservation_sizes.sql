-- meaning: chips of reservations over time as far as they are agreed, beyond the as-of instant too: a change of
--          chips counts from its own time on, the chips known first from the beginning
-- grain: reservation x stretch without a change
-- columns: reservation_id, customer_id, segment, generation, region, chips (chips), from_at, until_at
--          (TIMESTAMP, UTC; infinity: no end is known)
--          only_reservations: a list of reservations, where not all are asked for
-- reads: reservations, subject_steps
CREATE OR REPLACE MACRO reservation_sizes(
    as_of, up_to_position := 9223372036854775807, only_reservations := NULL
) AS TABLE
    WITH sizes AS (
        SELECT
            subject AS reservation_id,
            step,
            cast(data ->> 'chips' AS BIGINT) AS chips,
            CASE WHEN step = 1 THEN TIMESTAMP '-infinity' ELSE utc_clock(time) END AS told_at
        FROM
            subject_steps(
                as_of,
                up_to_position,
                'trn.reservation.scheduled.v1',
                ['trn.reservation.changed.v1'],
                only_reservations
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
            reservations.customer_id,
            reservations.segment,
            reservations.generation,
            reservations.region,
            timed.chips,
            greatest(reservations.active_from_at, timed.told_at) AS from_at,
            least(reservations.active_until_at, timed.next_told_at) AS until_at
        FROM reservations(as_of, up_to_position, only_reservations) AS reservations
        INNER JOIN timed ON reservations.reservation_id = timed.reservation_id
    )

    SELECT *
    FROM cut
    WHERE from_at < until_at;
