-- meaning: retractions known as of an instant
-- grain: one retraction event
-- columns: log_position, source, id, known_at of the retraction; retracted_source, retracted_id; replaced_by,
--          reason; is_in_force (not itself retracted); has_target: the retracted event is in the log and known
-- reads: retraction_fates, events
CREATE OR REPLACE MACRO retractions(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH fates AS (
        SELECT *
        FROM retraction_fates(as_of, up_to_position)
    ),

    found AS (
        SELECT DISTINCT
            events.source,
            events.id
        FROM events
        INNER JOIN fates ON events.source = fates.retracted_source AND events.id = fates.retracted_id
        WHERE events.known_at <= cast(as_of AS TIMESTAMPTZ) AND events.log_position <= up_to_position
    )

    SELECT
        fates.log_position,
        fates.source,
        fates.id,
        fates.known_at,
        fates.retracted_source,
        fates.retracted_id,
        fates.is_in_force,
        fates.data ->> 'replaced_by' AS replaced_by,
        fates.data ->> 'reason' AS reason,
        found.id IS NOT NULL AS has_target
    FROM fates
    LEFT JOIN found ON fates.retracted_source = found.source AND fates.retracted_id = found.id;
