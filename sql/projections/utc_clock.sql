-- meaning: an instant on the UTC clock
-- grain: one value: TIMESTAMP without zone, in UTC
-- reads: nothing
CREATE OR REPLACE MACRO utc_clock(instant) AS
cast(instant AS TIMESTAMPTZ) AT TIME ZONE 'UTC';
