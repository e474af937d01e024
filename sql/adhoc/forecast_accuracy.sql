-- question: Where does the forecast beat the seasonal naive, and where does it not yet earn its keep?
-- grain: channel x level x lag of the latest backtest; ratios below 1 are better than the baseline
-- reads: runs, accuracy
-- run: python -m pipeline sql sql/adhoc/forecast_accuracy.sql [--csv]
WITH latest AS (
    SELECT run_id
    FROM runs
    WHERE kind = 'backtest' AND as_of <= $as_of
    ORDER BY as_of DESC, finished_at DESC
    LIMIT 1
)

SELECT
    accuracy.channel,
    accuracy.level,
    accuracy.lag_weeks,
    count(*) AS series,
    sum(accuracy.observations) AS observations,
    median(accuracy.pinball_ratio) AS median_pinball_ratio,
    count(*) FILTER (WHERE accuracy.pinball_ratio < 1) / count(*) AS better_share,
    avg(accuracy.coverage_80) AS coverage_80,
    median(accuracy.bias) AS median_bias,
    median(accuracy.mase) AS median_mase,
    median(accuracy.wape) AS median_wape
FROM accuracy
INNER JOIN latest ON accuracy.run_id = latest.run_id
WHERE accuracy.model = 'ensemble'
GROUP BY accuracy.channel, accuracy.level, accuracy.lag_weeks
ORDER BY accuracy.channel, accuracy.level, accuracy.lag_weeks;
