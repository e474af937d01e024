-- meaning: the account of a file of the same bytes, read in the same way
-- grain: at most one row
-- reads: landing_manifest
SELECT lines
FROM landing_manifest
WHERE content_hash = $content_hash AND mapping_hash = $mapping_hash
LIMIT 1;
