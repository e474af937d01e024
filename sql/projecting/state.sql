-- meaning: how far the kept tables are
-- grain: one row, or none while nothing is kept
-- reads: projection_state
SELECT -- noqa: ST06
    log_position,
    counted_position,
    greatest(known_from, TIMESTAMPTZ '0001-01-01 00:00:00+00') AS known_from,
    CASE WHEN isfinite(known_until) THEN known_until END AS known_until,
    CASE WHEN isfinite(closed_before) THEN closed_before END AS closed_before,
    window_days,
    silent_days
FROM projection_state;
