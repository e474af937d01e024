-- meaning: observed and unmet demand by week, as known at an instant. Cloud: a stock of chips held, means over
--          the 168 hours of the week. Direct: a flow of chips ordered, sums. The two are never added up. Weeks
--          in which nothing happened have no row, unless a source has yet to declare them complete: those are
--          partial
-- grain: channel x segment x generation x region x week
-- columns: channel ('cloud', 'direct'), segment and region ('unassigned': none known), generation, period_start
--          (a Monday), period_end (DATE), unit ('chips_held', 'chips_ordered'); chips: demand_observed_chips
--          (cloud: held, used or idle; direct: ordered, net of changes and cancellations), metered_chips,
--          reserved_idle_chips, peak_chips (highest daily mean held; NULL where not all metering is daily or
--          finer), unmet_chips, unmet_quota_chips, unmet_price_chips, sellable_chips and installed_chips and
--          cap_chips (of generation and region, repeated on each segment; NULL: not known), is_soldout,
--          is_partial (a source that feeds the place has declared itself complete, but not yet up to the end of
--          the week; or the week is running)
-- reads: cloud_usage, cloud_unmet, direct_demand, capacity, demand_feeds
CREATE OR REPLACE MACRO demand_history(
    as_of, up_to_position := 9223372036854775807, need_window_days := 30, need_silent_days := 28
) AS TABLE
    WITH parts AS MATERIALIZED (
        SELECT
            'cloud' AS channel,
            segment,
            generation,
            region,
            period_start,
            held_chips AS demand_observed_chips,
            metered_chips,
            reserved_idle_chips,
            peak_chips,
            0 AS unmet_chips,
            0 AS unmet_quota_chips,
            0 AS unmet_price_chips
        FROM cloud_usage(as_of, up_to_position)
        UNION ALL BY NAME
        SELECT
            'cloud' AS channel,
            segment,
            generation,
            region,
            period_start,
            0 AS demand_observed_chips,
            0 AS metered_chips,
            0 AS reserved_idle_chips,
            unmet_chips,
            unmet_quota_chips,
            unmet_price_chips
        FROM cloud_unmet(as_of, up_to_position, need_window_days, need_silent_days)
        UNION ALL BY NAME
        SELECT
            'direct' AS channel,
            segment,
            generation,
            region,
            period_start,
            ordered_chips AS demand_observed_chips,
            unmet_chips,
            0 AS unmet_quota_chips,
            unmet_price_chips
        FROM direct_demand(as_of, up_to_position)
    ),

    declared AS MATERIALIZED (
        SELECT
            channel,
            generation,
            region,
            min(complete_through) AS complete_through
        FROM demand_feeds(as_of, up_to_position)
        GROUP BY ALL
    ),

    awaited AS (
        SELECT
            heard.channel,
            heard.segment,
            heard.generation,
            heard.region,
            heard.first_week,
            unnest(weeks_covered(utc_clock(declared.complete_through), utc_clock(as_of))) AS week_at
        FROM (
            SELECT
                channel,
                segment,
                generation,
                region,
                min(period_start) AS first_week
            FROM parts
            GROUP BY ALL
        ) AS heard
        INNER JOIN declared
            ON
                heard.channel = declared.channel
                AND heard.generation = declared.generation
                AND heard.region = declared.region
    ),

    placed AS (
        SELECT *
        FROM parts
        UNION ALL BY NAME
        SELECT
            channel,
            segment,
            generation,
            region,
            cast(week_at AS DATE) AS period_start,
            0 AS demand_observed_chips,
            CASE channel WHEN 'cloud' THEN 0 END AS metered_chips,
            CASE channel WHEN 'cloud' THEN 0 END AS reserved_idle_chips,
            0 AS unmet_chips,
            0 AS unmet_quota_chips,
            0 AS unmet_price_chips
        FROM awaited
        WHERE week_at > first_week
    ),

    weeks AS MATERIALIZED (
        SELECT
            channel,
            segment,
            generation,
            region,
            period_start,
            max(demand_observed_chips) AS demand_observed_chips,
            -- usage and unmet give one row each, so the figure is the one that is not zero
            sum(metered_chips) AS metered_chips,
            max(reserved_idle_chips) AS reserved_idle_chips,
            max(peak_chips) AS peak_chips,
            max(unmet_chips) AS unmet_chips,
            max(unmet_quota_chips) AS unmet_quota_chips,
            max(unmet_price_chips) AS unmet_price_chips
        FROM placed
        GROUP BY ALL
    ),

    finished AS (
        SELECT
            weeks.channel,
            weeks.segment,
            weeks.generation,
            weeks.region,
            weeks.period_start,
            weeks.demand_observed_chips,
            weeks.metered_chips,
            weeks.reserved_idle_chips,
            weeks.peak_chips,
            weeks.unmet_chips,
            weeks.unmet_quota_chips,
            weeks.unmet_price_chips,
            capacity.sellable_chips,
            capacity.installed_chips,
            capacity.cap_chips,
            weeks.period_start + 7 AS period_end,
            CASE weeks.channel WHEN 'cloud' THEN 'chips_held' ELSE 'chips_ordered' END AS unit,
            coalesce(capacity.is_soldout, FALSE) AS is_soldout,
            cast(weeks.period_start + 7 AS TIMESTAMP) > utc_clock(as_of)
            OR cast(weeks.period_start + 7 AS TIMESTAMP)
            > coalesce(utc_clock(declared.complete_through), TIMESTAMP 'infinity') AS is_partial
        FROM weeks
        LEFT JOIN capacity(as_of, up_to_position) AS capacity
            ON
                weeks.channel = 'cloud'
                AND weeks.generation = capacity.generation
                AND weeks.region = capacity.region
                AND weeks.period_start = capacity.period_start
        LEFT JOIN declared
            ON
                weeks.channel = declared.channel
                AND weeks.generation = declared.generation
                AND weeks.region = declared.region
    )

    SELECT
        channel,
        segment,
        generation,
        region,
        period_start,
        period_end,
        unit,
        demand_observed_chips,
        metered_chips,
        reserved_idle_chips,
        peak_chips,
        unmet_chips,
        unmet_quota_chips,
        unmet_price_chips,
        sellable_chips,
        installed_chips,
        cap_chips,
        is_soldout,
        is_partial
    FROM finished;
