-- meaning: how long each ask of a need stays open: until the entry's next event, the end of the hours it was
--          wanted for, or, where no hours were said, until the need falls silent; a denial also until a
--          withdrawal from the same need
-- grain: need x cause x size x stretch of time; asks of one size that overlap are one
-- columns: need_key, cause, level_chips (chips asked for and not given, plus what the need had been given by
--          then: taking off what it has been given later leaves what is open), from_at, until_at (TIMESTAMP,
--          UTC)
-- reads: the relation named chains, of rows of need_chains
CREATE OR REPLACE MACRO need_asks_from(chains, need_silent_days, up_to_at) AS TABLE
    WITH heard AS MATERIALIZED (
        SELECT
            need_key,
            said_at,
            cause,
            ask_from_at AS from_at,
            ask_until_at AS wanted_until_at,
            replaced_at,
            ask_chips + given_chips AS level_chips,
            greatest(said_at, ask_from_at) AS heard_at,
            cause IS NOT NULL AND ask_chips > 0 AS is_ask,
            CASE
                WHEN kind = 'denial'
                    THEN min(said_at) FILTER (WHERE is_withdrawal) OVER (
                        PARTITION BY need_key ORDER BY said_at RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
                    )
            END AS withdrawn_at
        FROM query_table(chains)
    ),

    moments AS (
        SELECT
            need_key,
            said_at AS heard_at
        FROM heard
        UNION
        SELECT
            need_key,
            heard_at
        FROM heard
    ),

    gapped AS (
        SELECT
            need_key,
            heard_at,
            heard_at - lag(heard_at) OVER (PARTITION BY need_key ORDER BY heard_at)
            > to_days(need_silent_days) AS is_new
        FROM moments
    ),

    spells AS (
        SELECT
            need_key,
            heard_at,
            count(*) FILTER (WHERE is_new) OVER (
                PARTITION BY need_key ORDER BY heard_at ROWS UNBOUNDED PRECEDING
            ) AS spell
        FROM gapped
    ),

    silences AS (
        SELECT
            need_key,
            heard_at,
            max(heard_at) OVER (PARTITION BY need_key, spell) + to_days(need_silent_days) AS silent_at
        FROM spells
    ),

    asks AS (
        SELECT
            heard.need_key,
            heard.cause,
            heard.level_chips,
            heard.from_at,
            least(
                coalesce(heard.wanted_until_at, silences.silent_at),
                heard.replaced_at,
                heard.withdrawn_at,
                up_to_at
            ) AS until_at
        FROM heard
        INNER JOIN silences ON heard.need_key = silences.need_key AND heard.heard_at = silences.heard_at
        WHERE heard.is_ask
    ),

    islands AS (
        SELECT
            *,
            from_at > max(until_at) OVER (
                PARTITION BY need_key, cause, level_chips
                ORDER BY from_at, until_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS is_new
        FROM asks
        WHERE from_at < until_at
    ),

    numbered AS (
        SELECT
            *,
            count(*) FILTER (WHERE is_new) OVER (
                PARTITION BY need_key, cause, level_chips ORDER BY from_at, until_at ROWS UNBOUNDED PRECEDING
            ) AS island
        FROM islands
    )

    SELECT
        need_key,
        cause,
        level_chips,
        min(from_at) AS from_at,
        max(until_at) AS until_at
    FROM numbered
    GROUP BY need_key, cause, level_chips, island;
