-- meaning: chips asked for in the cloud and not given, by week: time-weighted means over the 168 hours of the
--          week. What was denied for quota or price stands apart
-- grain: segment x generation x region x week
-- columns: segment, generation, region, period_start, period_end (DATE); chips: unmet_chips, unmet_quota_chips,
--          unmet_price_chips
-- reads: need_spans
CREATE OR REPLACE MACRO cloud_unmet(
    as_of, up_to_position := 9223372036854775807, need_window_days := 30, need_silent_days := 28
) AS TABLE
    WITH weeks AS (
        SELECT
            *,
            unnest(weeks_covered(from_at, until_at)) AS week_at
        FROM need_spans(as_of, up_to_position, need_window_days, need_silent_days)
    ),

    weighed AS (
        SELECT
            segment,
            generation,
            region,
            cause,
            cast(week_at AS DATE) AS period_start,
            exact(open_chips * hours_shared(from_at, until_at, week_at, week_at + INTERVAL 7 DAY)) AS chip_hours
        FROM weeks
    )

    SELECT
        segment,
        generation,
        region,
        period_start,
        period_start + 7 AS period_end,
        coalesce(cast(sum(chip_hours) FILTER (WHERE cause = 'capacity') AS DOUBLE) / 168, 0) AS unmet_chips,
        coalesce(cast(sum(chip_hours) FILTER (WHERE cause = 'quota') AS DOUBLE) / 168, 0) AS unmet_quota_chips,
        coalesce(cast(sum(chip_hours) FILTER (WHERE cause = 'price') AS DOUBLE) / 168, 0) AS unmet_price_chips
    FROM weighed
    GROUP BY ALL;
