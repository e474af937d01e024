-- meaning: the run whose allocation was in force at the as-of instant: of those approved by then, the latest
-- grain: at most one row
-- reads: events_as_of, runs
WITH approved AS (
    SELECT DISTINCT subject AS run_id
    FROM events_as_of($as_of, $position)
    WHERE type = 'trn.allocation.approved.v1'
)

SELECT runs.run_id
FROM runs
INNER JOIN approved ON runs.run_id = approved.run_id
WHERE
    runs.kind = 'allocation'
    AND runs.as_of < $as_of
ORDER BY runs.as_of DESC, runs.log_position DESC
LIMIT 1;
