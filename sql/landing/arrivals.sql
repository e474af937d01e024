-- meaning: the valid events of a portion: proven by SQL or cleared by judgement
-- grain: one valid line; ordinal is its place in the portion
-- reads: staged, proven, judged, portion_files
CREATE OR REPLACE TEMP VIEW arrivals AS
SELECT
    proven.ordinal,
    staged.source,
    staged.id,
    staged.type,
    staged.subject,
    staged.time_at AS time,
    staged.recorded_at AS recordedtime,
    proven.known_at,
    staged.sequence,
    staged.datacontenttype,
    staged.dataschema,
    portion_files.source_file,
    staged.source_line,
    proven.content_hash,
    NULL AS attributes,
    cast([] AS VARCHAR[]) AS flags,
    staged.data
FROM staged
INNER JOIN proven ON staged.ordinal = proven.ordinal
INNER JOIN portion_files ON staged.file_number = portion_files.file_number
WHERE proven.is_proven
UNION ALL
SELECT
    judged.ordinal,
    judged.source,
    judged.id,
    judged.type,
    judged.subject,
    judged.time,
    judged.recordedtime,
    judged.known_at,
    judged.sequence,
    judged.datacontenttype,
    judged.dataschema,
    portion_files.source_file,
    staged.source_line,
    judged.content_hash,
    judged.attributes,
    judged.flags,
    judged.data
FROM judged
INNER JOIN staged ON judged.ordinal = staged.ordinal
INNER JOIN portion_files ON staged.file_number = portion_files.file_number;
