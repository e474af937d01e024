-- meaning: what identifies a run whose forecast is published
-- grain: at most one row
-- reads: runs
SELECT
    run_id,
    as_of,
    log_position,
    policy_hash,
    seed,
    code_version
FROM runs
WHERE
    kind = 'forecast'
    AND run_id = $run_id;
