-- meaning: takes back what was said of the touched retractions that others retract
-- grain: one span of a retraction
-- reads: touched_retractions
DELETE FROM retracted_spans
WHERE retraction_position IN (SELECT touched.log_position FROM touched_retractions AS touched);
