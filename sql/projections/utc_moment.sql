-- meaning: the moment that an instant (RFC 3339 with its offset) or a date (its midnight) names; NULL stays
--          NULL
-- grain: one value: TIMESTAMP without zone, in UTC, so that no session time zone can shift a week
-- reads: nothing
CREATE OR REPLACE MACRO utc_moment(instant_text) AS
CASE
    WHEN length(instant_text) = 10 THEN cast(instant_text AS TIMESTAMP)
    ELSE cast(upper(instant_text) AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
END;
