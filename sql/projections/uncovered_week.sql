-- meaning: the Monday from which weeks have to be computed: all of them where the kept tables do not answer
-- grain: one value: DATE
-- reads: coverage
CREATE OR REPLACE MACRO uncovered_week(as_of, up_to_position) AS
coalesce((SELECT max(closed_before) FROM coverage(as_of, up_to_position)), DATE '-infinity');
