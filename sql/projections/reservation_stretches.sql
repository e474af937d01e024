-- meaning: chips of active reservations over time, up to the as-of instant: a change of chips counts from its
--          own time on, the chips known first from the beginning
-- grain: reservation x stretch without a change
-- columns: reservation_id, segment, generation, region, chips (chips), from_at, until_at (TIMESTAMP, UTC)
--          ending_after: a moment, where not all stretches are asked for; they begin there at the earliest
-- reads: kept_reservation_stretches, coverage, reservation_sizes, uncovered_position
CREATE OR REPLACE MACRO reservation_stretches(
    as_of, up_to_position := 9223372036854775807, ending_after := TIMESTAMP '-infinity'
) AS TABLE
    WITH agreed AS (
        SELECT * -- noqa: AM04
        FROM kept_reservation_stretches
        WHERE EXISTS (SELECT 1 FROM coverage(as_of, up_to_position))
        UNION ALL
        SELECT * -- noqa: AM04
        FROM reservation_sizes(as_of, uncovered_position(as_of, up_to_position))
    )

    SELECT
        reservation_id,
        segment,
        generation,
        region,
        chips,
        greatest(from_at, ending_after) AS from_at,
        least(until_at, utc_clock(as_of)) AS until_at
    FROM agreed
    WHERE until_at > ending_after AND greatest(from_at, ending_after) < least(until_at, utc_clock(as_of));
