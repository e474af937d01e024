-- meaning: the dirty weeks of a portion
-- grain: generation x region x week
-- reads: dirty_weeks
CREATE OR REPLACE TEMP TABLE dirty AS
SELECT * -- noqa: AM04
FROM dirty_weeks
WHERE period_start >= cast($from_week AS DATE) AND period_start < cast($until_week AS DATE);
