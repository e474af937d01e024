-- meaning: the files that were ever landed, by their names
-- grain: one file
-- reads: landing_manifest
SELECT DISTINCT source_file FROM landing_manifest;
