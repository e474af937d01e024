-- meaning: reservations as last known. One is active from its activation, or where none was told from its
--          start, until its end, its expiry or its cancellation, whichever is first
-- grain: one reservation
-- columns: reservation_id, customer_id, segment, generation, region, kind, chips (chips, latest), start_at,
--          end_at (as agreed), activated_at (NULL: not told), closed_at (expiry or cancellation told),
--          active_from_at, active_until_at (NULL: open; TIMESTAMP, UTC), scheduled_at, need_id
--          only_reservations: a list of reservations, where not all are asked for
-- reads: other_events_as_of, customers, reservations_from
CREATE OR REPLACE MACRO reservations(
    as_of, up_to_position := 9223372036854775807, only_reservations := NULL
) AS TABLE
    WITH counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
        WHERE
            split_part(type, '.', 2) = 'reservation'
            AND (only_reservations IS NULL OR subject IN (SELECT unnest(only_reservations)))
    ),

    described AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM customers(as_of, up_to_position)
    )

    SELECT * -- noqa: AM04
    FROM reservations_from('counted', 'described');
