-- meaning: when the touched retractions that others retract are in force
-- grain: one span of a retraction
-- reads: settled_spans
INSERT INTO retracted_spans
SELECT
    retraction_position,
    log_position,
    known_from,
    coalesce(known_until, TIMESTAMPTZ 'infinity') AS known_until,
    position_from,
    position_to
FROM settled_spans;
