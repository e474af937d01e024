-- meaning: signals chained to needs: by need_id, else by retry_group_id of the customer, else by customer and
--          generation across regions as long as no gap between two signals is longer than the window.
--          given_chips is what the need has been given so far; chips converted from a waitlist into a
--          reservation show twice and count once
-- grain: one signal
-- columns: as in need_signals, and chain_key, need_key, given_chips (chips, never falls within a need)
-- reads: the relation named signals, of rows of need_signals_from
CREATE OR REPLACE MACRO need_chains_from(signals, need_window_days) AS TABLE
    WITH gapped AS (
        SELECT
            *,
            said_at - lag(said_at) OVER (PARTITION BY chain_key ORDER BY said_at, step, tie)
            > to_days(need_window_days) AS is_new
        FROM query_table(signals)
        WHERE need_id IS NULL AND retry_group_id IS NULL
    ),

    numbered AS (
        SELECT
            * EXCLUDE (is_new),
            1 + count(*) FILTER (WHERE is_new) OVER (
                PARTITION BY chain_key ORDER BY said_at, step, tie ROWS UNBOUNDED PRECEDING
            ) AS need_number
        FROM gapped
        UNION ALL
        SELECT
            *,
            1 AS need_number
        FROM query_table(signals)
        WHERE need_id IS NOT NULL OR retry_group_id IS NOT NULL
    ),

    named AS (
        SELECT
            *,
            concat_ws(' ', chain_key, need_number) AS need_key
        FROM numbered
    )

    SELECT
        chain_key,
        need_key,
        kind,
        said_at,
        step,
        tie,
        customer_id,
        segment,
        generation,
        region,
        cause,
        ask_chips,
        ask_from_at,
        ask_until_at,
        replaced_at,
        converted_chips,
        reserved_chips,
        granted_chips,
        is_withdrawal,
        greatest(sum(converted_chips) OVER so_far, sum(reserved_chips) OVER so_far)
        + sum(granted_chips) OVER so_far AS given_chips
    FROM named
    WINDOW so_far AS (PARTITION BY need_key ORDER BY said_at, step, tie ROWS UNBOUNDED PRECEDING);
