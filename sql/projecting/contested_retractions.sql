-- meaning: retractions that others retract, and those that do it, all the way up
-- grain: one retraction with an event
-- reads: retraction_targets, other_events
WITH RECURSIVE chain AS (
    SELECT
        retraction_position,
        log_position
    FROM retraction_targets
    WHERE retraction_position IN (SELECT named.log_position FROM retraction_targets AS named)
    UNION
    SELECT
        targets.retraction_position,
        targets.log_position
    FROM chain
    INNER JOIN retraction_targets AS targets ON chain.retraction_position = targets.log_position
)

SELECT
    chain.retraction_position,
    chain.log_position,
    said.known_at
FROM chain
INNER JOIN other_events AS said ON chain.retraction_position = said.log_position
ORDER BY chain.retraction_position;
