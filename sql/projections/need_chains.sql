-- meaning: signals chained to needs: by need_id, else by retry_group_id of the customer, else by customer and
--          generation across regions as long as no gap between two signals is longer than the window.
--          given_chips is what the need has been given so far; chips converted from a waitlist into a
--          reservation show twice and count once
-- grain: one signal
-- columns: as in need_signals, and need_key, given_chips (chips, never falls within a need)
-- reads: need_events, customers, need_signals_from, need_chains_from
CREATE OR REPLACE MACRO need_chains(
    as_of, up_to_position := 9223372036854775807, need_window_days := 30
) AS TABLE
    WITH counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM need_events(as_of, up_to_position)
    ),

    described AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM customers(as_of, up_to_position)
    ),

    signals AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM need_signals_from('counted', 'described', utc_clock(as_of))
    )

    SELECT * EXCLUDE (chain_key) -- noqa: AM04
    FROM need_chains_from('signals', need_window_days);
