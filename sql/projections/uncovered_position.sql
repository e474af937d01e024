-- meaning: the log position up to which an answer has to be computed: none where the kept tables hold it
-- grain: one value: BIGINT
-- reads: coverage
CREATE OR REPLACE MACRO uncovered_position(as_of, up_to_position) AS
CASE WHEN EXISTS (SELECT 1 FROM coverage(as_of, up_to_position)) THEN 0 ELSE up_to_position END;
