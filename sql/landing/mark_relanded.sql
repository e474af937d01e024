-- meaning: marks refused lines whose event is in the log by now
-- grain: one refused line
-- reads: relanded_lines
UPDATE quarantine
SET relanded_at = $landed_at
FROM relanded_lines
WHERE
    quarantine.relanded_at IS NULL
    AND quarantine.batch_id = relanded_lines.batch_id
    AND quarantine.source_file = relanded_lines.source_file
    AND quarantine.source_line = relanded_lines.source_line;
