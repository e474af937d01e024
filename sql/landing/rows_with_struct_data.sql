-- meaning: the envelope of table rows as JSON text, the payload being a struct among them; empty cells are absent
-- grain: one row, in the order of table_rows
-- reads: table_rows
SELECT cast(json_merge_patch('{}', to_json(envelope)) AS VARCHAR) AS raw
FROM table_rows;
