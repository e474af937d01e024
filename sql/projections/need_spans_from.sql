-- meaning: the open size of each need over time: the largest ask that is open, never the sum, less what the
--          need has been given since. All of a need counts in the region, generation and segment that was asked
--          first
-- grain: need x cause x stretch without a change, up to a moment, while something is open
-- columns: chain_key, need_key, cause ('capacity', 'quota', 'price'), customer_id, segment, generation, region,
--          first_asked_at, from_at, until_at (TIMESTAMP, UTC), open_chips (chips, > 0)
-- reads: need_chains_from, need_asks_from, and the relation named signals, of rows of need_signals_from
CREATE OR REPLACE MACRO need_spans_from(signals, need_window_days, need_silent_days, up_to_at) AS TABLE
    WITH chains AS MATERIALIZED (
        SELECT *
        FROM need_chains_from(signals, need_window_days)
    ),

    asks AS MATERIALIZED (
        SELECT *
        FROM need_asks_from('chains', need_silent_days, up_to_at)
    ),

    given AS (
        SELECT
            need_key,
            said_at AS given_at,
            max(given_chips) AS given_chips
        FROM chains
        GROUP BY need_key, said_at
    ),

    edges AS (
        SELECT
            need_key,
            cause,
            from_at AS edge_at
        FROM asks
        UNION
        SELECT
            need_key,
            cause,
            until_at AS edge_at
        FROM asks
        UNION
        SELECT
            given.need_key,
            asks.cause,
            given.given_at AS edge_at
        FROM given
        INNER JOIN asks
            ON
                given.need_key = asks.need_key
                AND given.given_at > asks.from_at
                AND given.given_at < asks.until_at
    ),

    stretches AS (
        SELECT
            need_key,
            cause,
            edge_at,
            lead(edge_at) OVER (PARTITION BY need_key, cause ORDER BY edge_at) AS next_edge_at
        FROM edges
    ),

    levels AS (
        SELECT
            stretches.need_key,
            stretches.cause,
            stretches.edge_at,
            stretches.next_edge_at,
            max(asks.level_chips) AS level_chips
        FROM stretches
        INNER JOIN asks
            ON
                stretches.need_key = asks.need_key
                AND stretches.cause = asks.cause
                AND stretches.edge_at >= asks.from_at
                AND stretches.edge_at < asks.until_at
        GROUP BY ALL
    ),

    -- what was given never falls, so that the greatest so far is the last
    met AS (
        SELECT
            need_key,
            cause,
            edge_at,
            next_edge_at,
            level_chips,
            coalesce(
                max(given_chips) OVER (PARTITION BY need_key ORDER BY edge_at RANGE UNBOUNDED PRECEDING), 0
            ) AS given_chips
        FROM (
            SELECT *
            FROM levels
            UNION ALL BY NAME
            SELECT
                need_key,
                given_at AS edge_at,
                given_chips
            FROM given
            WHERE given_chips > 0
        ) AS events
    ),

    opened AS (
        SELECT
            need_key,
            cause,
            edge_at AS from_at,
            next_edge_at AS until_at,
            level_chips - given_chips AS open_chips
        FROM met
        WHERE level_chips > given_chips
    ),

    firsts AS (
        SELECT
            need_key,
            cause,
            min(said_at) AS said_at
        FROM chains
        WHERE cause IS NOT NULL
        GROUP BY need_key, cause
    ),

    first_asks AS (
        SELECT chains.*
        FROM chains
        INNER JOIN firsts
            ON chains.need_key = firsts.need_key AND chains.cause = firsts.cause AND chains.said_at = firsts.said_at
        QUALIFY row_number() OVER (PARTITION BY chains.need_key, chains.cause ORDER BY chains.step, chains.tie) = 1
    )

    SELECT
        first_asks.chain_key,
        opened.need_key,
        opened.cause,
        first_asks.customer_id,
        first_asks.segment,
        first_asks.generation,
        first_asks.region,
        first_asks.said_at AS first_asked_at,
        opened.from_at,
        opened.until_at,
        cast(opened.open_chips AS DOUBLE) AS open_chips
    FROM opened
    INNER JOIN first_asks ON opened.need_key = first_asks.need_key AND opened.cause = first_asks.cause;
