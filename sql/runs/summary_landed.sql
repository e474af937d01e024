-- meaning: what was landed, by producer
-- grain: source, the folder of its files for what was refused before it had a source
-- reads: landing_manifest
SELECT
    regexp_extract(source_file, '([^/]+)/[^/]+$', 1) AS folder,
    count(*) AS files,
    sum(lines)::BIGINT AS lines,
    sum(landed)::BIGINT AS landed,
    sum(duplicates)::BIGINT AS duplicates,
    sum(quarantined)::BIGINT AS quarantined
FROM landing_manifest
GROUP BY folder
ORDER BY folder;
