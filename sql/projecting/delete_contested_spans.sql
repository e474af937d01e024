-- meaning: takes back what was said of retractions that others retract
-- grain: one span of a retraction
-- reads: retraction_targets
DELETE FROM retracted_spans
WHERE retraction_position IN (SELECT targets.log_position FROM retraction_targets AS targets);
