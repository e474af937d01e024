-- meaning: what the kept tables can answer: they hold what counts as of known_from, and until known_until
--          nothing else becomes known. A question is covered where it falls between the two and reads all that
--          they count; any other is computed
-- grain: one row where (as-of instant, log position) is covered, else none
-- columns: closed_before (DATE: weeks before it are kept), window_days, silent_days (days)
-- reads: projection_state
CREATE OR REPLACE MACRO coverage(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        closed_before,
        window_days,
        silent_days
    FROM projection_state
    WHERE
        known_from <= cast(as_of AS TIMESTAMPTZ)
        AND known_until > cast(as_of AS TIMESTAMPTZ)
        AND counted_position <= up_to_position;
