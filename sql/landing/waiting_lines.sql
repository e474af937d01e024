-- meaning: refused lines that still wait, with the text that landing would read
-- grain: one refused line
-- reads: quarantine
SELECT
    batch_id,
    source_file,
    source_line,
    coalesce(envelope, raw) AS raw
FROM quarantine
WHERE
    relanded_at IS NULL
    AND ($source_file IS NULL OR source_file = $source_file)
    AND ($reason IS NULL OR reason = $reason)
ORDER BY source_file, batch_id, source_line;
