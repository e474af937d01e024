-- meaning: the run whose forecast was published last
-- grain: at most one row
-- reads: runs
SELECT run_id
FROM runs
WHERE kind = 'forecast'
ORDER BY finished_at DESC, run_id DESC
LIMIT 1;
