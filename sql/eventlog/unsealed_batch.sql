-- meaning: the positions of a batch's events that no entry covers yet
-- grain: one row, none where the batch appended nothing
-- reads: events
SELECT
    min(log_position) AS first_position,
    max(log_position) AS last_position
FROM events
WHERE log_position > $sealed AND batch_id = $batch_id
HAVING count(*) > 0;
