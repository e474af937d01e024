-- meaning: refused lines that still wait, with what was wrong
-- grain: one refused line
-- columns: batch_id, source_file, source_line, reason, message; raw: the line, or the row of a table; envelope: the
--          event that a source mapping made of the row (NULL: no mapping, or no event); waiting: lines in all
-- reads: quarantine
SELECT
    batch_id,
    source_file,
    source_line,
    reason,
    message,
    raw,
    envelope,
    count(*) OVER () AS waiting
FROM quarantine
WHERE
    relanded_at IS NULL
    AND ($file IS NULL OR source_file = $file)
    AND ($reason IS NULL OR reason = $reason)
ORDER BY source_file, source_line, batch_id
LIMIT $limit;
