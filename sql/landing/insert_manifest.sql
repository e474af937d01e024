-- meaning: adds the accounts of the files of a transaction
-- grain: one file
-- reads: landed_files
INSERT INTO landing_manifest
SELECT
    $batch_id,
    source_file,
    content_hash,
    $mapping,
    $mapping_hash,
    lines,
    blank,
    landed,
    duplicates,
    quarantined,
    $landed_at
FROM landed_files;
