-- meaning: waitlist entries over time: what each still waits for after each of its events
-- grain: one waitlist event of an opened entry
-- columns: waitlist_id, step, source, id, said_at, replaced_at (TIMESTAMP, UTC: next event of the entry; NULL:
--          none), customer_id, segment, generation, region, need_id, wanted_from_at (TIMESTAMP, UTC),
--          wanted_until_at (NULL: not said), converted_chips (by this event), waiting_chips (chips, 0 once
--          withdrawn), is_withdrawal
-- reads: other_events_as_of, customers, waitlist_states_from
CREATE OR REPLACE MACRO waitlist_states(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
        WHERE split_part(type, '.', 2) = 'waitlist'
    ),

    described AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM customers(as_of, up_to_position)
    )

    SELECT * -- noqa: AM04
    FROM waitlist_states_from('counted', 'described');
