-- meaning: how a run brought one channel's levels into agreement
-- grain: at most one row a unit
-- reads: forecast_reconciliation
SELECT
    method,
    origins,
    relative_error
FROM forecast_reconciliation
WHERE
    run_id = $run_id
    AND channel = $channel
    AND unit = $unit
    AND is_used;
