-- meaning: metered use by day: a period's chip-hours are spread over the days that it covers in proportion to
--          time, a correction over the days of the period that it corrects
-- grain: segment x generation x region x reservation x day
-- columns: segment, generation, region, reservation_id (NULL: outside reservations), day_date (DATE),
--          chip_hours (hours), is_daily (all metered periods are a day or shorter; NULL: corrections only)
--          ending_after: the beginning of a day; days before it are not asked for and may be incomplete
-- reads: usage_periods
CREATE OR REPLACE MACRO usage_days(
    as_of, up_to_position := 9223372036854775807, ending_after := TIMESTAMP '-infinity'
) AS TABLE
    WITH periods AS (
        SELECT
            segment,
            generation,
            region,
            reservation_id,
            start_at,
            end_at,
            cast(sum(exact(chip_hours)) AS DOUBLE) AS chip_hours,
            type = 'trn.usage.metered.v1' AS is_metered
        FROM usage_periods(as_of, up_to_position, ending_after)
        GROUP BY ALL
    ),

    days AS (
        SELECT
            *,
            unnest(range(date_trunc('day', start_at), end_at, INTERVAL 1 DAY)) AS day_at
        FROM periods
    )

    SELECT
        segment,
        generation,
        region,
        reservation_id,
        cast(day_at AS DATE) AS day_date,
        cast(
            sum(
                exact(
                    chip_hours
                    * hours_shared(start_at, end_at, day_at, day_at + INTERVAL 1 DAY)
                    / hours_shared(start_at, end_at, start_at, end_at)
                )
            ) AS DOUBLE
        ) AS chip_hours,
        bool_and(end_at - start_at <= INTERVAL 1 DAY) FILTER (WHERE is_metered) AS is_daily
    FROM days
    GROUP BY ALL;
