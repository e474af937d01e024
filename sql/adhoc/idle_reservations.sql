-- question: How much of the chips that customers hold are reserved and idle, and how much demand waits beside them?
-- grain: generation x region x segment, mean of the last four complete weeks
-- reads: demand_history
-- run: python -m pipeline sql sql/adhoc/idle_reservations.sql [--as-of T] [--csv]
WITH history AS (
    SELECT *
    FROM demand_history($as_of)
    WHERE channel = 'cloud' AND NOT is_partial
)

SELECT
    generation,
    region,
    segment,
    sum(demand_observed_chips) / 4 AS held_chips,
    sum(reserved_idle_chips) / 4 AS idle_chips,
    sum(reserved_idle_chips) / nullif(sum(demand_observed_chips), 0) AS idle_share,
    sum(unmet_chips) / 4 AS unmet_chips
FROM history
WHERE period_start > (SELECT max(h.period_start) - INTERVAL 4 WEEK FROM history AS h)
GROUP BY generation, region, segment
HAVING sum(reserved_idle_chips) > 0
ORDER BY idle_chips DESC, generation ASC, region ASC, segment ASC;
