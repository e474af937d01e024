-- meaning: the account of a file of the same bytes, read in the same way
-- grain: one row; empty where there is no such file
-- reads: landing_manifest
SELECT max(lines) AS lines
FROM landing_manifest
WHERE content_hash = $content_hash AND mapping_hash = $mapping_hash;
