-- meaning: runs with a forecast, and whether their sample paths are kept: those of the runs forecast last, and of
--          the one whose approved allocation is the latest
-- grain: run
-- columns: run_id, is_kept, is_latest
-- reads: runs
WITH last_approved AS (
    SELECT run_id
    FROM runs
    WHERE kind = 'allocation' AND status = 'approved'
    ORDER BY as_of DESC, log_position DESC
    LIMIT 1
),

forecasts AS (
    SELECT
        run_id,
        row_number() OVER (ORDER BY finished_at DESC, run_id DESC) AS place
    FROM runs
    WHERE kind = 'forecast'
)

SELECT
    run_id,
    place <= $runs OR run_id IN (FROM last_approved) AS is_kept,
    place = 1 AS is_latest
FROM forecasts
ORDER BY place;
