-- meaning: requests that were denied in whole or in part
-- grain: one denial
-- columns: request_id, source, id, said_at (TIMESTAMP, UTC), customer_id, segment, generation, region, reason,
--          need_id, retry_group_id, wanted_from_at, wanted_until_at (TIMESTAMP, UTC; NULL: not said),
--          chips_requested, chips_granted (chips)
-- reads: other_events_as_of, customers, denials_from
CREATE OR REPLACE MACRO denials(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
        WHERE split_part(type, '.', 2) = 'request'
    ),

    described AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM customers(as_of, up_to_position)
    )

    SELECT * -- noqa: AM04
    FROM denials_from('counted', 'described');
