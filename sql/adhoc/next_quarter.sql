-- question: What do we expect of the next whole fiscal quarter against the last 13 complete weeks?
-- grain: channel x generation; cloud in mean chips held, direct in chips ordered. As of the latest published run
-- reads: runs, forecast_quarters, demand_history
-- run: python -m pipeline sql sql/adhoc/next_quarter.sql [--csv]
WITH latest AS (
    SELECT
        run_id,
        as_of
    FROM runs
    WHERE kind = 'forecast' AND as_of <= $as_of
    ORDER BY as_of DESC, finished_at DESC
    LIMIT 1
),

expected AS (
    SELECT forecast_quarters.*
    FROM forecast_quarters
    INNER JOIN latest ON forecast_quarters.run_id = latest.run_id
    WHERE
        forecast_quarters.level = 'channel/generation'
        AND forecast_quarters.is_whole
        AND forecast_quarters.statistic IN ('mean', 'sum')
        AND forecast_quarters.period_start >= latest.as_of::DATE
),

history AS (
    SELECT
        channel,
        generation,
        period_start,
        sum(demand_observed_chips + unmet_chips) AS demand_chips
    FROM demand_history($as_of)
    WHERE NOT is_partial
    GROUP BY channel, generation, period_start
),

past AS (
    SELECT
        channel,
        generation,
        CASE channel WHEN 'cloud' THEN sum(demand_chips) / 13 ELSE sum(demand_chips) END AS demand_chips
    FROM history
    WHERE period_start > (SELECT max(h.period_start) - INTERVAL 13 WEEK FROM history AS h)
    GROUP BY channel, generation
)

SELECT
    expected.channel,
    expected.generation,
    expected.unit,
    expected.fiscal_year,
    expected.fiscal_quarter,
    past.demand_chips AS last_13_weeks_chips,
    expected.p10 AS p10_chips,
    expected.p50 AS p50_chips,
    expected.p90 AS p90_chips,
    expected.p50 / nullif(past.demand_chips, 0) - 1 AS growth_share
FROM expected
LEFT JOIN past ON expected.channel = past.channel AND expected.generation = past.generation
WHERE expected.period_start = (SELECT min(e.period_start) FROM expected AS e)
ORDER BY expected.channel, expected.generation;
