-- meaning: needs that went unmet for a while, as known at an instant
-- grain: need x cause
-- columns: need_key, cause ('capacity', 'quota', 'price'), customer_id, segment, generation, region (asked
--          first), first_asked_at, open_from_at, open_until_at (TIMESTAMP, UTC), peak_open_chips (chips),
--          open_chip_hours (hours), is_open (at the as-of instant), open_chips (chips, at that instant)
-- reads: need_spans
CREATE OR REPLACE MACRO needs(
    as_of, up_to_position := 9223372036854775807, need_window_days := 30, need_silent_days := 28
) AS TABLE
    SELECT
        need_key,
        cause,
        customer_id,
        segment,
        generation,
        region,
        first_asked_at,
        cast(sum(exact(open_chips * hours_shared(from_at, until_at, from_at, until_at))) AS DOUBLE) AS open_chip_hours,
        min(from_at) AS open_from_at,
        max(until_at) AS open_until_at,
        max(open_chips) AS peak_open_chips,
        max(until_at) = utc_clock(as_of) AS is_open,
        coalesce(max(open_chips) FILTER (WHERE until_at = utc_clock(as_of)), 0) AS open_chips
    FROM need_spans(as_of, up_to_position, need_window_days, need_silent_days)
    GROUP BY ALL;
