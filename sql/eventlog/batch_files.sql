-- meaning: the files that a batch was landed from, as the manifest has them, else as its events say
-- grain: source file
-- reads: landing_manifest, events
WITH
told AS (
    SELECT
        source_file,
        landed_at
    FROM landing_manifest
    WHERE batch_id = $batch_id AND landed > 0
),

written AS (
    SELECT DISTINCT
        source_file,
        landed_at
    FROM events
    WHERE log_position BETWEEN $first AND $last AND batch_id = $batch_id
)

SELECT
    source_file,
    landed_at
FROM told
UNION ALL
SELECT
    source_file,
    landed_at
FROM written
WHERE (SELECT count(*) FROM told) = 0
ORDER BY source_file;
