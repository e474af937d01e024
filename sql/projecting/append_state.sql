-- meaning: which instants and positions the kept tables answer for, once they are brought up to an instant:
--          decisions are no facts about demand and do not count. Where the instant lies ahead, what counted
--          goes on counting, and only what is new, or was not known, is looked at
-- grain: one row
-- reads: usage_facts, other_events, is_decision, week_of, utc_clock
INSERT INTO projection_state
WITH clocks AS (
    SELECT
        $counted_position AS log_position,
        cast($known_from AS TIMESTAMPTZ) AS known_at
    WHERE $counted_position > 0
    UNION ALL
    SELECT
        log_position,
        known_at
    FROM usage_facts
    WHERE log_position > $after
    UNION ALL
    SELECT
        log_position,
        known_at
    FROM usage_facts
    WHERE log_position <= $after AND known_at > $known_from
    UNION ALL
    SELECT
        log_position,
        known_at
    FROM other_events
    WHERE log_position > $after AND NOT is_decision(type)
    UNION ALL
    SELECT
        log_position,
        known_at
    FROM other_events
    WHERE log_position <= $after AND known_at > $known_from AND NOT is_decision(type)
),

bounds AS (
    SELECT
        max(log_position) FILTER (WHERE known_at <= $as_of) AS counted_position,
        max(known_at) FILTER (WHERE known_at <= $as_of) AS known_from,
        min(known_at) FILTER (WHERE known_at > $as_of) AS known_until
    FROM clocks
)

SELECT
    $position AS log_position,
    coalesce(counted_position, 0) AS counted_position,
    coalesce(known_from, TIMESTAMPTZ '-infinity') AS known_from,
    coalesce(known_until, TIMESTAMPTZ 'infinity') AS known_until,
    coalesce(week_of(utc_clock(known_from)), DATE '-infinity') AS closed_before,
    $window_days AS window_days,
    $silent_days AS silent_days
FROM bounds;
