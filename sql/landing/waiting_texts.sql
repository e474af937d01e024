-- meaning: refused lines that still wait, with the text that landing would read
-- grain: one refused line
-- reads: quarantine, waiting_part
SELECT
    waiting_part.batch_id,
    waiting_part.source_file,
    waiting_part.source_line,
    coalesce(quarantine.envelope, quarantine.raw) AS raw
FROM waiting_part
INNER JOIN quarantine ON waiting_part.place = quarantine.rowid
ORDER BY waiting_part.source_file, waiting_part.batch_id, waiting_part.source_line;
