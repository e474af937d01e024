-- meaning: puts rewritten lines in their places
-- grain: one refused line
-- reads: quarantine, rewritten_lines
UPDATE quarantine SET
    source_file = rewritten_lines.source_file,
    raw = rewritten_lines.raw,
    envelope = rewritten_lines.envelope,
    message = rewritten_lines.message
FROM rewritten_lines
WHERE quarantine.rowid = rewritten_lines.row_number;
