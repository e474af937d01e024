-- meaning: the moments at which a need shows itself, asks for chips, or is given some. A reservation that was
--          activated after its agreed start asks for its chips in between. Opportunities and orders belong to a
--          need only where they name it: an opportunity shows that it is alive, an order meets it
-- grain: one signal
-- columns: kind ('denial', 'waitlist', 'reservation', 'opportunity', 'order'), said_at (TIMESTAMP, UTC), step,
--          tie (order of signals of one moment), customer_id, segment, generation, region, need_id,
--          retry_group_id; cause ('capacity', 'quota', 'price'; NULL: asks for nothing), ask_chips (chips),
--          ask_from_at, ask_until_at (NULL: until the need falls silent), replaced_at (when the entry's next
--          event takes the ask's place); converted_chips, reserved_chips, granted_chips (given at this moment);
--          is_withdrawal
-- reads: need_events, customers, need_signals_from
CREATE OR REPLACE MACRO need_signals(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM need_events(as_of, up_to_position)
    ),

    described AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM customers(as_of, up_to_position)
    )

    SELECT * EXCLUDE (subject, chain_key) -- noqa: AM04
    FROM need_signals_from('counted', 'described', utc_clock(as_of));
