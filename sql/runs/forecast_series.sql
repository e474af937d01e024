-- meaning: the series that a run forecast, each by the one name that people type
-- grain: series
-- reads: forecast_models
SELECT
    channel,
    segment,
    generation,
    region,
    unit,
    model,
    reason,
    observations,
    first_week,
    last_week,
    concat_ws('/', channel, segment, generation, region) AS series
FROM forecast_models
WHERE run_id = $run_id
ORDER BY series;
