-- meaning: cloud capacity by week as time-weighted means; the mean of the running week is over the part that
--          has passed. A week in which capacity first appears counts the hours before it as zero
-- grain: generation x region x week
-- columns: generation, region, period_start, period_end (DATE); chips: installed_chips, sellable_chips (NULL:
--          no capacity was ever told), retired_chips (sum of the week), cap_chips (mean over the sold-out
--          hours; NULL: not sold out); is_soldout, soldout_share (share of the hours)
-- reads: capacity_levels, soldouts, other_events_as_of
CREATE OR REPLACE MACRO capacity(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH stretches AS (
        SELECT
            generation,
            region,
            from_at,
            until_at,
            installed_chips,
            sellable_chips,
            NULL AS cap_chips
        FROM capacity_levels(as_of, up_to_position)
        UNION ALL
        SELECT
            generation,
            region,
            from_at,
            least(until_at, utc_clock(as_of)) AS until_at,
            NULL AS installed_chips,
            NULL AS sellable_chips,
            cap_chips
        FROM soldouts(as_of, up_to_position)
    ),

    weeks AS (
        SELECT
            *,
            unnest(weeks_covered(from_at, until_at)) AS week_at
        FROM stretches
    ),

    weighed AS (
        SELECT
            generation,
            region,
            cast(week_at AS DATE) AS period_start,
            installed_chips,
            sellable_chips,
            cap_chips,
            hours_shared(from_at, until_at, week_at, week_at + INTERVAL 7 DAY) AS hours,
            hours_shared(week_at, week_at + INTERVAL 7 DAY, week_at, utc_clock(as_of)) AS week_hours
        FROM weeks
    ),

    means AS (
        SELECT
            generation,
            region,
            period_start,
            sum(exact(installed_chips * hours / week_hours)) AS installed_chips,
            sum(exact(sellable_chips * hours / week_hours)) AS sellable_chips,
            sum(exact(cap_chips * hours)) / nullif(sum(exact(hours)) FILTER (WHERE cap_chips IS NOT NULL), 0)
                AS cap_chips,
            coalesce(sum(exact(hours / week_hours)) FILTER (WHERE cap_chips IS NOT NULL), 0) AS soldout_share
        FROM weighed
        GROUP BY generation, region, period_start
    ),

    retired AS (
        SELECT
            data ->> 'generation' AS generation,
            data ->> 'region' AS region,
            week_of(utc_clock(time)) AS period_start,
            sum(cast(data ->> 'chips' AS BIGINT)) AS retired_chips
        FROM other_events_as_of(as_of, up_to_position)
        WHERE type = 'trn.capacity.retired.v1'
        GROUP BY ALL
    )

    SELECT
        means.generation,
        means.region,
        means.period_start,
        cast(means.installed_chips AS DOUBLE) AS installed_chips,
        cast(means.sellable_chips AS DOUBLE) AS sellable_chips,
        cast(coalesce(retired.retired_chips, 0) AS DOUBLE) AS retired_chips,
        cast(means.cap_chips AS DOUBLE) AS cap_chips,
        cast(least(1, means.soldout_share) AS DOUBLE) AS soldout_share,
        means.period_start + 7 AS period_end,
        means.soldout_share > 0 AS is_soldout
    FROM means
    LEFT JOIN retired
        ON
            means.generation = retired.generation
            AND means.region = retired.region
            AND means.period_start = retired.period_start;
