-- meaning: the envelope of table rows as JSON text, the payload being JSON text already
-- grain: one row, in the order of table_rows
-- reads: table_rows
WITH rows_as_json AS (
    SELECT
        data,
        cast(json_merge_patch('{}', to_json(envelope)) AS VARCHAR) AS envelope
    FROM table_rows
)

SELECT
    CASE
        WHEN data IS NULL THEN envelope
        ELSE concat(
            left(envelope, -1),
            if(envelope = '{}', '', ','),
            '"data":',
            if(json_valid(data), data, cast(to_json(data) AS VARCHAR)),
            '}'
        )
    END AS raw
FROM rows_as_json;
