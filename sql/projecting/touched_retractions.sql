-- meaning: contested retractions that the new ones touch: all that hang together by one retracting the other,
--          where a link of them is new
-- grain: one retraction with an event
-- columns: retraction_position, log_position (of the event), known_at
-- reads: retraction_targets, other_events
CREATE OR REPLACE TEMP TABLE touched_retractions AS
WITH RECURSIVE links AS MATERIALIZED (
    SELECT
        said.retraction_position,
        named.retraction_position AS named_position,
        greatest(said.retraction_position, said.log_position, named.log_position) > $after AS is_new
    FROM retraction_targets AS said
    INNER JOIN retraction_targets AS named ON said.log_position = named.retraction_position
),

both_ways AS MATERIALIZED (
    SELECT
        retraction_position AS from_position,
        named_position AS to_position,
        is_new
    FROM links
    UNION ALL
    SELECT
        named_position AS from_position,
        retraction_position AS to_position,
        is_new
    FROM links
),

touched AS (
    SELECT from_position AS retraction_position
    FROM both_ways
    WHERE is_new
    UNION
    SELECT both_ways.to_position AS retraction_position
    FROM touched
    INNER JOIN both_ways ON touched.retraction_position = both_ways.from_position
)

SELECT
    targets.retraction_position,
    targets.log_position,
    said.known_at
FROM touched
INNER JOIN retraction_targets AS targets ON touched.retraction_position = targets.retraction_position
INNER JOIN other_events AS said ON touched.retraction_position = said.log_position;
