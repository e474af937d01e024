-- meaning: the lines of those files whose bytes landed before, read in the same way
-- grain: one content hash
-- reads: landing_manifest, examined_files
SELECT
    content_hash,
    max(lines) AS lines
FROM landing_manifest
WHERE
    mapping_hash = $mapping_hash
    AND content_hash IN (SELECT examined_files.content_hash FROM examined_files)
GROUP BY content_hash;
