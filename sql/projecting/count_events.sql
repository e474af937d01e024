-- meaning: what counts now of all that was ever said about the dirty subjects
-- grain: one event
-- reads: gathered_events, other_events_as_of
CREATE OR REPLACE TEMP TABLE counted_events AS
SELECT * EXCLUDE (apply_order) -- noqa: AM04
FROM other_events_as_of($now_from, $now_position, log := 'gathered_events');
