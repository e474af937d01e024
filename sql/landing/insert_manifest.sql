-- meaning: adds the account of a landed file
-- grain: one file
-- reads: nothing
INSERT INTO landing_manifest
VALUES (
    $batch_id,
    $source_file,
    $content_hash,
    $mapping,
    $mapping_hash,
    $lines,
    $blank,
    $landed,
    $duplicates,
    $quarantined,
    $landed_at
);
