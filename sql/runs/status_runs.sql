-- meaning: the latest runs; a run's name begins with its as-of instant
-- grain: run, kind
-- reads: runs
SELECT
    run_id,
    kind,
    status,
    log_position,
    finished_at,
    message
FROM runs
ORDER BY finished_at DESC, kind ASC
LIMIT 10;
