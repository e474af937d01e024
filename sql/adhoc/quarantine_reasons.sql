-- question: What was refused at landing and not repaired yet, why, and how large a share of its file is it?
-- grain: file x reason, with the first line and its message as an example
-- reads: quarantine, landing_manifest
-- run: python -m pipeline sql sql/adhoc/quarantine_reasons.sql [--csv]
WITH files AS (
    SELECT
        batch_id,
        source_file,
        sum(lines) AS lines
    FROM landing_manifest
    GROUP BY batch_id, source_file
)

SELECT
    quarantine.reason,
    quarantine.source_file,
    count(*) AS refused_lines,
    count(*) / nullif(any_value(files.lines), 0) AS refused_share,
    min(quarantine.source_line) AS first_line,
    arg_min(quarantine.message, quarantine.source_line) AS first_message,
    max(quarantine.quarantined_at) AS last_refused_at
FROM quarantine
LEFT JOIN files ON quarantine.batch_id = files.batch_id AND quarantine.source_file = files.source_file
WHERE quarantine.relanded_at IS NULL
GROUP BY quarantine.reason, quarantine.batch_id, quarantine.source_file
ORDER BY refused_lines DESC, quarantine.reason ASC, quarantine.source_file ASC;
