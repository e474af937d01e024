-- meaning: refused lines that still wait
-- grain: one refused line
-- reads: quarantine
SELECT
    rowid AS place,
    batch_id,
    source_file,
    source_line
FROM quarantine
WHERE
    relanded_at IS NULL
    AND ($source_file IS NULL OR source_file = $source_file)
    AND ($reason IS NULL OR reason = $reason)
ORDER BY source_file, batch_id, source_line;
