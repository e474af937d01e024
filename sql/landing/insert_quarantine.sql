-- meaning: adds refused lines
-- grain: one refused line
-- reads: refused_lines
INSERT INTO quarantine
SELECT
    $batch_id,
    source_file,
    source_line,
    raw,
    envelope,
    reason,
    message,
    $landed_at,
    NULL AS relanded_at
FROM refused_lines;
