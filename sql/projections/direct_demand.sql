-- meaning: direct demand: chips ordered in a week by the order's time, net of changes and cancellations known
--          by the instant, and what was declined. Returns and shipments do not lower it
-- grain: segment x generation x region x week
-- columns: segment, generation, region ('unassigned': none given), period_start, period_end (DATE), in chips:
--          ordered_chips, unmet_chips (declined for no_supply or lead_time), unmet_price_chips (declined for
--          price)
-- reads: order_book, declines
CREATE OR REPLACE MACRO direct_demand(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH parts AS (
        SELECT
            segment,
            generation,
            region,
            placed_at AS demanded_at,
            chips_ordered - chips_cancelled AS ordered_chips,
            0 AS unmet_chips,
            0 AS unmet_price_chips
        FROM order_book(as_of, up_to_position)
        UNION ALL
        SELECT
            segment,
            generation,
            region,
            demanded_at,
            0 AS ordered_chips,
            CASE WHEN reason IN ('no_supply', 'lead_time') THEN chips ELSE 0 END AS unmet_chips,
            CASE WHEN reason = 'price' THEN chips ELSE 0 END AS unmet_price_chips
        FROM declines(as_of, up_to_position)
        WHERE reason IN ('no_supply', 'lead_time', 'price')
    )

    SELECT
        segment,
        generation,
        cast(sum(ordered_chips) AS DOUBLE) AS ordered_chips,
        cast(sum(unmet_chips) AS DOUBLE) AS unmet_chips,
        cast(sum(unmet_price_chips) AS DOUBLE) AS unmet_price_chips,
        coalesce(region, 'unassigned') AS region,
        week_of(utc_clock(demanded_at)) AS period_start,
        week_of(utc_clock(demanded_at)) + 7 AS period_end
    FROM parts
    GROUP BY ALL;
