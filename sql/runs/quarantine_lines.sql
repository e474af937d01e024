-- meaning: refused lines that still wait, with what was wrong
-- grain: one refused line
-- reads: quarantine
SELECT
    batch_id,
    source_file,
    source_line,
    reason,
    message,
    raw
FROM quarantine
WHERE
    relanded_at IS NULL
    AND ($file IS NULL OR source_file = $file)
    AND ($reason IS NULL OR reason = $reason)
ORDER BY source_file, source_line, batch_id
LIMIT $limit;
