-- meaning: the last log position that a run as of an instant reads; the pipeline's own outputs do not count,
--          what planners decided does
-- grain: one row
-- reads: events
SELECT max(log_position) AS position
FROM events
WHERE
    log_position <= $position
    AND known_at <= $as_of
    AND NOT (source = $own AND type IN ('trn.forecast.published.v1', 'trn.allocation.proposed.v1'));
