-- meaning: refused lines that still wait, by file and reason
-- grain: source file, reason
-- reads: quarantine
SELECT
    source_file,
    reason,
    count(*) AS lines,
    min(source_line) AS first_line,
    max(quarantined_at) AS last_refused_at
FROM quarantine
WHERE relanded_at IS NULL
GROUP BY source_file, reason
ORDER BY lines DESC, source_file ASC, reason ASC;
