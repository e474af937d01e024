-- meaning: chips held in the cloud by week: metered use, and what active reservations hold beyond the use
--          metered inside them. Means are over the 168 hours of the week, in the running week too, so that
--          chips x 168 add up to the chip-hours landed. Use metered inside an unknown or too small reservation
--          still counts as held
-- grain: segment x generation x region x week
-- columns: segment, generation, region, period_start, period_end (DATE); chips: metered_chips (corrections
--          included, so it may be negative), reserved_chips, reserved_idle_chips, held_chips (>= 0), peak_chips
--          (highest daily mean held; NULL where not all metering is daily or finer)
-- reads: kept_cloud_usage, coverage, cloud_weeks, uncovered_week
CREATE OR REPLACE MACRO cloud_usage(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        segment,
        generation,
        region,
        period_start,
        period_end,
        metered_chips,
        reserved_chips,
        reserved_idle_chips,
        held_chips,
        peak_chips
    FROM kept_cloud_usage
    WHERE EXISTS (SELECT 1 FROM coverage(as_of, up_to_position))
    UNION ALL
    SELECT
        segment,
        generation,
        region,
        period_start,
        period_end,
        metered_chips,
        reserved_chips,
        reserved_idle_chips,
        held_chips,
        peak_chips
    FROM cloud_weeks(as_of, up_to_position, uncovered_week(as_of, up_to_position));
