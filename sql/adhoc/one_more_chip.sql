-- question: What is one more chip worth, when, and how much demand goes unserved meanwhile?
-- grain: generation x month of the latest plan; the worth of a month is that of its dearest week
-- reads: runs, allocation
-- run: python -m pipeline sql sql/adhoc/one_more_chip.sql [--csv]
WITH latest AS (
    SELECT run_id
    FROM runs
    WHERE kind = 'allocation' AND as_of <= $as_of AND status IN ('proposed', 'approved')
    ORDER BY as_of DESC, finished_at DESC
    LIMIT 1
)

SELECT
    allocation.generation,
    date_trunc('month', allocation.period_start)::DATE AS month_start,
    max(allocation.shadow_price) AS one_more_chip_worth,
    any_value(allocation.currency) AS currency,
    sum(allocation.chips) FILTER (WHERE allocation.channel = 'cloud') AS cloud_installs_chips,
    sum(allocation.chips) FILTER (WHERE allocation.channel = 'direct') AS direct_releases_chips,
    sum(CASE allocation.channel WHEN 'cloud' THEN allocation.demand_chips - allocation.served_chips END)
    / count(DISTINCT allocation.period_start) AS cloud_unserved_mean_chips
FROM allocation
INNER JOIN latest ON allocation.run_id = latest.run_id
GROUP BY ALL
ORDER BY allocation.generation, month_start;
