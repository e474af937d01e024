-- meaning: the Mondays of all weeks that [start_at, end_at) touches
-- grain: one value: list of TIMESTAMP in UTC, empty for an empty period
-- reads: nothing
CREATE OR REPLACE MACRO weeks_covered(start_at, end_at) AS
range(date_trunc('week', start_at), end_at, INTERVAL 7 DAY);
