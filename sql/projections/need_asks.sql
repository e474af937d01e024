-- meaning: how long each ask of a need stays open: until the entry's next event, the end of the hours it was
--          wanted for, or, where no hours were said, until the need falls silent; a denial also until a
--          withdrawal from the same need
-- grain: need x cause x size x stretch of time; asks of one size that overlap are one
-- columns: need_key, cause, level_chips (chips asked for and not given, plus what the need had been given by
--          then: taking off what it has been given later leaves what is open), from_at, until_at (TIMESTAMP,
--          UTC)
-- reads: need_chains
CREATE OR REPLACE MACRO need_asks(
    as_of, up_to_position := 9223372036854775807, need_window_days := 30, need_silent_days := 28
) AS TABLE
    WITH chained AS (
        SELECT
            *,
            greatest(said_at, ask_from_at) AS heard_at,
            min(said_at) FILTER (WHERE is_withdrawal) OVER (
                PARTITION BY need_key ORDER BY said_at, step, tie ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
            ) AS withdrawn_at
        FROM need_chains(as_of, up_to_position, need_window_days)
    ),

    moments AS (
        SELECT
            need_key,
            said_at AS heard_at
        FROM chained
        UNION
        SELECT
            need_key,
            heard_at
        FROM chained
        WHERE heard_at IS NOT NULL
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
            sum(cast(coalesce(is_new, FALSE) AS INTEGER)) OVER (
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
            chained.need_key,
            chained.cause,
            chained.ask_from_at AS from_at,
            chained.ask_chips + chained.given_chips AS level_chips,
            least(
                coalesce(chained.ask_until_at, silences.silent_at),
                chained.replaced_at,
                CASE WHEN chained.kind = 'denial' THEN chained.withdrawn_at END,
                utc_clock(as_of)
            ) AS until_at
        FROM chained
        INNER JOIN silences ON chained.need_key = silences.need_key AND chained.heard_at = silences.heard_at
        WHERE chained.cause IS NOT NULL AND chained.ask_chips > 0
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
            sum(cast(coalesce(is_new, FALSE) AS INTEGER)) OVER (
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
