-- meaning: declines of the dirty subjects, as they are now
-- grain: one decline
-- reads: counted_events, kept_customers, declines_from
CREATE OR REPLACE TEMP TABLE fresh AS
SELECT * -- noqa: AM04
FROM declines_from('counted_events', 'kept_customers');
