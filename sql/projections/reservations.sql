-- meaning: reservations as last known. One is active from its activation, or where none was told from its
--          start, until its end, its expiry or its cancellation, whichever is first
-- grain: one reservation
-- columns: reservation_id, customer_id, segment, generation, region, kind, chips (chips, latest), start_at,
--          end_at (as agreed), activated_at (NULL: not told), closed_at (expiry or cancellation told),
--          active_from_at, active_until_at (NULL: open; TIMESTAMP, UTC), scheduled_at, need_id
--          only_reservations: a list of reservations, where not all are asked for
-- reads: subject_steps, customers
CREATE OR REPLACE MACRO reservations(
    as_of, up_to_position := 9223372036854775807, only_reservations := NULL
) AS TABLE
    WITH folded AS (
        SELECT
            subject AS reservation_id,
            cast(arg_max(data ->> 'chips', step) AS BIGINT) AS chips,
            min(utc_clock(time)) FILTER (WHERE step = 1) AS scheduled_at,
            arg_max(data ->> 'customer_id', step) AS customer_id,
            arg_max(data ->> 'segment', step) AS segment,
            arg_max(data ->> 'generation', step) AS generation,
            arg_max(data ->> 'region', step) AS region,
            arg_max(data ->> 'kind', step) AS kind,
            arg_max(data ->> 'need_id', step) AS need_id,
            utc_moment(arg_max(data ->> 'start', step)) AS start_at,
            utc_moment(arg_max(data ->> 'end', step)) AS end_at,
            min(utc_clock(time)) FILTER (WHERE type = 'trn.reservation.activated.v1') AS activated_at,
            min(utc_clock(time)) FILTER (
                WHERE type IN ('trn.reservation.expired.v1', 'trn.reservation.cancelled.v1')
            ) AS closed_at
        FROM
            subject_steps(
                as_of,
                up_to_position,
                'trn.reservation.scheduled.v1',
                [
                    'trn.reservation.changed.v1',
                    'trn.reservation.activated.v1',
                    'trn.reservation.expired.v1',
                    'trn.reservation.cancelled.v1'
                ],
                only_reservations
            )
        GROUP BY subject
    )

    SELECT
        folded.* EXCLUDE (segment),
        coalesce(folded.segment, customers.segment, 'unassigned') AS segment,
        coalesce(folded.activated_at, folded.start_at) AS active_from_at,
        least(folded.end_at, folded.closed_at) AS active_until_at
    FROM folded
    LEFT JOIN customers(as_of, up_to_position) AS customers ON folded.customer_id = customers.customer_id;
