-- meaning: signals chained to needs: by need_id, else by retry_group_id of the customer, else by customer and
--          generation across regions as long as no gap between two signals is longer than the window.
--          given_chips is what the need has been given so far; chips converted from a waitlist into a
--          reservation show twice and count once
-- grain: one signal
-- columns: as in need_signals, and need_key, given_chips (chips, never falls within a need)
-- reads: need_signals
CREATE OR REPLACE MACRO need_chains(
    as_of, up_to_position := 9223372036854775807, need_window_days := 30
) AS TABLE
    WITH keyed AS (
        SELECT
            *,
            CASE
                WHEN need_id IS NOT NULL THEN concat_ws(' ', 'need', need_id)
                WHEN retry_group_id IS NOT NULL THEN concat_ws(' ', 'retry', customer_id, retry_group_id)
                ELSE concat_ws(' ', 'customer', customer_id, generation)
            END AS chain_key,
            need_id IS NULL AND retry_group_id IS NULL AS is_windowed
        FROM need_signals(as_of, up_to_position)
    ),

    gapped AS (
        SELECT
            *,
            is_windowed
            AND said_at - lag(said_at) OVER (PARTITION BY chain_key ORDER BY said_at, step, tie)
            > to_days(need_window_days) AS is_new
        FROM keyed
    ),

    numbered AS (
        SELECT
            * EXCLUDE (chain_key, is_windowed, is_new),
            concat_ws(
                ' ',
                chain_key,
                1 + sum(cast(coalesce(is_new, FALSE) AS INTEGER)) OVER (
                    PARTITION BY chain_key ORDER BY said_at, step, tie ROWS UNBOUNDED PRECEDING
                )
            ) AS need_key
        FROM gapped
    )

    SELECT
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
    FROM numbered
    WINDOW so_far AS (PARTITION BY need_key ORDER BY said_at, step, tie ROWS UNBOUNDED PRECEDING);
