-- meaning: a run's forecast of one series
-- grain: week ahead
-- reads: forecast
SELECT
    step,
    period_start,
    mean,
    base_mean,
    p10,
    p50,
    p90
FROM forecast
WHERE
    run_id = $run_id
    AND level = 'channel/generation/region/segment'
    AND concat_ws('/', channel, segment, generation, region) = $series
ORDER BY step;
