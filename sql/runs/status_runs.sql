-- meaning: the latest runs
-- grain: run, kind
-- reads: runs
SELECT
    run_id,
    kind,
    as_of,
    log_position,
    status,
    message,
    finished_at
FROM runs
ORDER BY finished_at DESC, kind ASC
LIMIT 10;
