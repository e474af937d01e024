-- meaning: the open size of each need over time: the largest ask that is open, never the sum, less what the
--          need has been given since. All of a need counts in the region, generation and segment that was asked
--          first
-- grain: need x cause x stretch without a change, up to the as-of instant, while something is open
-- columns: need_key, cause ('capacity', 'quota', 'price'), customer_id, segment, generation, region,
--          first_asked_at, from_at, until_at (TIMESTAMP, UTC), open_chips (chips, > 0)
-- reads: need_chains, need_asks
CREATE OR REPLACE MACRO need_spans(
    as_of, up_to_position := 9223372036854775807, need_window_days := 30, need_silent_days := 28
) AS TABLE
    WITH chained AS (
        SELECT *
        FROM need_chains(as_of, up_to_position, need_window_days)
    ),

    asks AS (
        SELECT *
        FROM need_asks(as_of, up_to_position, need_window_days, need_silent_days)
    ),

    given AS (
        SELECT
            need_key,
            said_at AS given_at,
            max(given_chips) AS given_chips
        FROM chained
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

    opened AS (
        SELECT
            levels.need_key,
            levels.cause,
            levels.edge_at AS from_at,
            levels.next_edge_at AS until_at,
            levels.level_chips - coalesce(given.given_chips, 0) AS open_chips
        FROM levels
        ASOF LEFT JOIN given ON levels.need_key = given.need_key AND levels.edge_at >= given.given_at
    ),

    first_asks AS (
        SELECT
            need_key,
            cause,
            customer_id,
            segment,
            generation,
            region,
            said_at AS first_asked_at
        FROM chained
        WHERE cause IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY need_key, cause ORDER BY said_at, step, tie) = 1
    )

    SELECT
        opened.need_key,
        opened.cause,
        first_asks.customer_id,
        first_asks.segment,
        first_asks.generation,
        first_asks.region,
        first_asks.first_asked_at,
        opened.from_at,
        opened.until_at,
        cast(opened.open_chips AS DOUBLE) AS open_chips
    FROM opened
    INNER JOIN first_asks ON opened.need_key = first_asks.need_key AND opened.cause = first_asks.cause
    WHERE opened.open_chips > 0;
