-- question: Which past weeks look different now from what we knew four weeks ago, and by how much?
-- grain: channel x segment x generation x region x week that was complete then and was changed by late events,
--        corrections, cancellations or retractions; the largest changes first
-- reads: demand_history at two instants
-- run: python -m pipeline sql sql/adhoc/revised_weeks.sql [--as-of T] [--csv]
WITH earlier AS (
    SELECT *
    FROM demand_history($as_of - INTERVAL 28 DAY)
),

changes AS (
    SELECT
        coalesce(earlier.channel, later.channel) AS channel,
        coalesce(earlier.segment, later.segment) AS segment,
        coalesce(earlier.generation, later.generation) AS generation,
        coalesce(earlier.region, later.region) AS region,
        coalesce(earlier.period_start, later.period_start) AS week,
        coalesce(earlier.demand_observed_chips, 0) AS observed_before_chips,
        coalesce(later.demand_observed_chips, 0) AS observed_now_chips,
        coalesce(later.demand_observed_chips, 0) - coalesce(earlier.demand_observed_chips, 0) AS change_chips,
        coalesce(later.unmet_chips, 0) - coalesce(earlier.unmet_chips, 0) AS unmet_change_chips
    FROM earlier
    FULL OUTER JOIN demand_history($as_of) AS later
        ON
            earlier.channel = later.channel
            AND earlier.segment = later.segment
            AND earlier.generation = later.generation
            AND earlier.region = later.region
            AND earlier.period_start = later.period_start
),

last_week AS (
    SELECT max(period_start) AS week
    FROM earlier
    WHERE NOT is_partial
)

SELECT changes.*
FROM changes
INNER JOIN last_week ON changes.week <= last_week.week
WHERE abs(changes.change_chips) > 0.5 OR abs(changes.unmet_change_chips) > 0.5
ORDER BY
    abs(changes.change_chips) DESC,
    abs(changes.unmet_change_chips) DESC,
    changes.channel ASC,
    changes.segment ASC,
    changes.generation ASC,
    changes.region ASC,
    changes.week ASC;
