-- meaning: chips still to come, spread evenly over the days of their period that are left. Overdue supply is
--          not in it (see supply_commitments)
-- grain: generation x week, from the week of the as-of instant on
-- columns: generation, period_start, period_end (DATE), chips_p10, chips_p50, chips_p90 (chips; percentiles of
--          the refs added up)
-- reads: supply_commitments
CREATE OR REPLACE MACRO supply(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH open AS (
        SELECT
            generation,
            to_come_p10,
            to_come_p50,
            to_come_p90,
            cast(period_end AS TIMESTAMP) AS until_at,
            greatest(cast(period_start AS TIMESTAMP), date_trunc('day', utc_clock(as_of))) AS from_at
        FROM supply_commitments(as_of, up_to_position)
        WHERE NOT is_cancelled AND period_end > cast(utc_clock(as_of) AS DATE) AND period_end > period_start
    ),

    weeks AS (
        SELECT
            *,
            unnest(weeks_covered(from_at, until_at)) AS week_at
        FROM open
    ),

    shared AS (
        SELECT
            *,
            hours_shared(from_at, until_at, week_at, week_at + INTERVAL 7 DAY)
            / hours_shared(from_at, until_at, from_at, until_at) AS week_share
        FROM weeks
    )

    SELECT
        generation,
        cast(week_at AS DATE) AS period_start,
        cast(sum(exact(to_come_p10 * week_share)) AS DOUBLE) AS chips_p10,
        cast(sum(exact(to_come_p50 * week_share)) AS DOUBLE) AS chips_p50,
        cast(sum(exact(to_come_p90 * week_share)) AS DOUBLE) AS chips_p90,
        cast(week_at AS DATE) + 7 AS period_end
    FROM shared
    GROUP BY generation, week_at;
