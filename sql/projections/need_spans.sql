-- meaning: the open size of each need over time: the largest ask that is open, never the sum, less what the
--          need has been given since. All of a need counts in the region, generation and segment that was asked
--          first
-- grain: need x cause x stretch without a change, up to the as-of instant, while something is open
-- columns: need_key, cause ('capacity', 'quota', 'price'), customer_id, segment, generation, region,
--          first_asked_at, from_at, until_at (TIMESTAMP, UTC), open_chips (chips, > 0)
-- reads: coverage, kept_need_spans, need_events, customers, need_signals_from, need_spans_from
CREATE OR REPLACE MACRO need_spans(
    as_of, up_to_position := 9223372036854775807, need_window_days := 30, need_silent_days := 28
) AS TABLE
    WITH covering AS MATERIALIZED (
        SELECT 1 AS is_covered
        FROM coverage(as_of, up_to_position)
        WHERE window_days = need_window_days AND silent_days = need_silent_days
    ),

    counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM need_events(as_of, up_to_position)
        WHERE NOT EXISTS (SELECT 1 FROM covering)
    ),

    described AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM customers(as_of, up_to_position)
    ),

    signals AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM need_signals_from('counted', 'described', utc_clock(as_of))
    ),

    -- what is kept runs on as if nothing more were heard
    spans AS (
        SELECT * REPLACE (least(until_at, utc_clock(as_of)) AS until_at)
        FROM kept_need_spans
        WHERE EXISTS (SELECT 1 FROM covering) AND from_at < utc_clock(as_of)
        UNION ALL BY NAME
        SELECT *
        FROM need_spans_from('signals', need_window_days, need_silent_days, utc_clock(as_of))
    )

    SELECT
        need_key,
        cause,
        customer_id,
        segment,
        generation,
        region,
        first_asked_at,
        from_at,
        until_at,
        open_chips
    FROM spans;
