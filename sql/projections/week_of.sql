-- meaning: the Monday of the week of a day or of a moment on the UTC clock
-- grain: one value: DATE
-- reads: nothing
CREATE OR REPLACE MACRO week_of(moment) AS
cast(date_trunc('week', moment) AS DATE);
