-- meaning: the instant by which all that is in the log was known, decisions apart
-- grain: one row
-- reads: events, is_decision
SELECT max(known_at) AS latest_known_at
FROM events
WHERE
    log_position <= $position
    AND known_at <= $now
    AND NOT is_decision(type);
