-- meaning: chips held in the cloud by week, computed from use and reservations
-- grain: segment x generation x region x week
-- columns: as in cloud_usage
--          from_week: a Monday, where weeks before it are not asked for
-- reads: usage_days, reservation_days
CREATE OR REPLACE MACRO cloud_weeks(
    as_of, up_to_position := 9223372036854775807, from_week := DATE '-infinity'
) AS TABLE
    WITH used AS (
        SELECT *
        FROM usage_days(as_of, up_to_position, cast(from_week AS TIMESTAMP))
    ),

    inside AS (
        SELECT
            reservation_id,
            day_date,
            sum(exact(chip_hours)) AS chip_hours
        FROM used
        WHERE reservation_id IS NOT NULL
        GROUP BY ALL
    ),

    reserved AS (
        SELECT
            booked.segment,
            booked.generation,
            booked.region,
            booked.reservation_id,
            booked.day_date,
            exact(booked.chip_hours) AS reserved_hours,
            coalesce(inside.chip_hours, 0) AS inside_hours
        FROM reservation_days(as_of, up_to_position, cast(from_week AS TIMESTAMP)) AS booked
        LEFT JOIN inside ON booked.reservation_id = inside.reservation_id AND booked.day_date = inside.day_date
    ),

    reserved_weeks AS (
        SELECT
            segment,
            generation,
            region,
            reservation_id,
            week_of(day_date) AS period_start,
            sum(reserved_hours) AS reserved_hours
        FROM reserved
        GROUP BY ALL
    ),

    inside_weeks AS (
        SELECT
            reservation_id,
            week_of(day_date) AS period_start,
            sum(chip_hours) AS inside_hours
        FROM inside
        GROUP BY ALL
    ),

    idle_weeks AS (
        SELECT
            reserved_weeks.segment,
            reserved_weeks.generation,
            reserved_weeks.region,
            reserved_weeks.period_start,
            sum(reserved_weeks.reserved_hours) AS reserved_hours,
            sum(
                greatest(0, reserved_weeks.reserved_hours - coalesce(inside_weeks.inside_hours, 0))
            ) AS idle_hours
        FROM reserved_weeks
        LEFT JOIN inside_weeks
            ON
                reserved_weeks.reservation_id = inside_weeks.reservation_id
                AND reserved_weeks.period_start = inside_weeks.period_start
        GROUP BY ALL
    ),

    held_days AS (
        SELECT
            segment,
            generation,
            region,
            day_date,
            exact(chip_hours) AS metered_hours,
            exact(chip_hours) AS held_hours,
            is_daily
        FROM used
        UNION ALL
        SELECT
            segment,
            generation,
            region,
            day_date,
            0 AS metered_hours,
            greatest(0, reserved_hours - inside_hours) AS held_hours,
            NULL AS is_daily
        FROM reserved
    ),

    summed_days AS (
        SELECT
            segment,
            generation,
            region,
            day_date,
            sum(metered_hours) AS metered_hours,
            sum(held_hours) AS held_hours,
            bool_and(is_daily) AS is_daily
        FROM held_days
        GROUP BY ALL
    ),

    weeks AS (
        SELECT
            segment,
            generation,
            region,
            week_of(day_date) AS period_start,
            cast(sum(metered_hours) AS DOUBLE) / 168 AS metered_chips,
            CASE WHEN bool_and(is_daily) THEN greatest(0, cast(max(held_hours) AS DOUBLE) / 24) END AS peak_chips
        FROM summed_days
        GROUP BY ALL
    )

    SELECT
        weeks.segment,
        weeks.generation,
        weeks.region,
        weeks.period_start,
        weeks.metered_chips,
        weeks.peak_chips,
        weeks.period_start + 7 AS period_end,
        coalesce(cast(idle_weeks.reserved_hours AS DOUBLE) / 168, 0) AS reserved_chips,
        coalesce(cast(idle_weeks.idle_hours AS DOUBLE) / 168, 0) AS reserved_idle_chips,
        greatest(
            0, weeks.metered_chips + coalesce(cast(idle_weeks.idle_hours AS DOUBLE) / 168, 0)
        ) AS held_chips
    FROM weeks
    LEFT JOIN idle_weeks
        ON
            weeks.segment = idle_weeks.segment
            AND weeks.generation = idle_weeks.generation
            AND weeks.region = idle_weeks.region
            AND weeks.period_start = idle_weeks.period_start
    WHERE weeks.period_start >= from_week;
