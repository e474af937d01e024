-- meaning: the accounts of the files that landed from a folder
-- grain: one landed file
-- reads: landing_manifest
SELECT
    batch_id,
    source_file,
    content_hash,
    lines,
    blank,
    landed,
    duplicates,
    quarantined,
    landed_at
FROM landing_manifest
WHERE starts_with(source_file, $folder)
ORDER BY source_file, landed_at;
