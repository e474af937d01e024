-- meaning: when retractions that no other retracts are in force: from when they are known and landed, for good
-- grain: one retraction with an event
-- reads: retraction_targets, other_events
INSERT INTO retracted_spans
SELECT
    targets.retraction_position,
    targets.log_position,
    said.known_at AS known_from,
    TIMESTAMPTZ 'infinity' AS known_until,
    targets.retraction_position AS position_from,
    9223372036854775807 AS position_to
FROM retraction_targets AS targets
INNER JOIN other_events AS said ON targets.retraction_position = said.log_position
ANTI JOIN retraction_targets AS contested ON targets.retraction_position = contested.log_position
WHERE greatest(targets.retraction_position, targets.log_position) > $after;
