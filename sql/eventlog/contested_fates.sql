-- meaning: what becomes of contested arrivals: the first of an identity stays, the log's before any arrival;
--          the same content again is a duplicate, other content a conflict. What forget rewrote has a pseudonym
--          for a hash: whatever comes again under its identity is a duplicate
-- grain: one contested arrival that does not land; first_ordinal is -1 and first_position filled where the log
--        has the first
-- reads: contested, contested_keys, events
WITH
holders AS (
    SELECT
        events.source,
        events.id,
        events.content_hash,
        events.source_file,
        events.source_line,
        events.log_position,
        -1 AS ordinal
    FROM events
    SEMI JOIN contested_keys ON events.log_position = contested_keys.log_position
    UNION ALL
    SELECT
        source,
        id,
        content_hash,
        NULL AS source_file,
        NULL AS source_line,
        NULL AS log_position,
        ordinal
    FROM contested
),

firsts AS (
    SELECT
        source,
        id,
        arg_min(content_hash, ordinal) AS content_hash,
        min(ordinal) AS ordinal,
        max(source_file) AS source_file,
        max(source_line) AS source_line,
        max(log_position) AS log_position
    FROM holders
    GROUP BY source, id
)

SELECT
    contested.ordinal,
    firsts.ordinal AS first_ordinal,
    contested.source,
    contested.id,
    firsts.source_file,
    firsts.source_line,
    firsts.log_position AS first_position,
    contested.content_hash,
    contested.content_hash = firsts.content_hash OR starts_with(firsts.content_hash, 'forgotten-') AS is_duplicate
FROM contested
INNER JOIN firsts ON contested.source = firsts.source AND contested.id = firsts.id
WHERE contested.ordinal <> firsts.ordinal
ORDER BY contested.ordinal;
