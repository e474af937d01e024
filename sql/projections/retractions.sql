-- meaning: retractions known as of an instant. One counts for nothing while another in force retracts it; those
--          that retract each other in a circle all count for nothing
-- grain: one retraction event
-- columns: log_position, source, id, known_at of the retraction; retracted_source, retracted_id; replaced_by,
--          reason; is_in_force (not itself retracted); has_target: the retracted event is in the log and known
-- reads: other_events, retracted_positions, retraction_targets, events
CREATE OR REPLACE MACRO retractions(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH known AS (
        SELECT
            log_position,
            source,
            id,
            known_at,
            data,
            subject
        FROM other_events
        WHERE
            type = 'trn.event.retracted.v1'
            AND known_at <= cast(as_of AS TIMESTAMPTZ)
            AND log_position <= up_to_position
    ),

    in_force AS (
        SELECT *
        FROM retracted_positions(as_of, up_to_position)
    ),

    effects AS (
        SELECT DISTINCT retraction_position
        FROM in_force
    ),

    retracted AS (
        SELECT DISTINCT log_position
        FROM in_force
    ),

    found AS (
        SELECT
            targets.retraction_position,
            events.known_at <= cast(as_of AS TIMESTAMPTZ) AND events.log_position <= up_to_position AS is_known
        FROM retraction_targets AS targets
        INNER JOIN events ON targets.log_position = events.log_position
    )

    SELECT
        known.log_position,
        known.source,
        known.id,
        known.known_at,
        known.subject AS retracted_id,
        known.data ->> 'retracted_source' AS retracted_source,
        known.data ->> 'replaced_by' AS replaced_by,
        known.data ->> 'reason' AS reason,
        coalesce(found.is_known, FALSE) AS has_target,
        CASE
            WHEN found.retraction_position IS NULL THEN retracted.log_position IS NULL
            ELSE effects.retraction_position IS NOT NULL
        END AS is_in_force
    FROM known
    LEFT JOIN found ON known.log_position = found.retraction_position
    LEFT JOIN effects ON known.log_position = effects.retraction_position
    LEFT JOIN retracted ON known.log_position = retracted.log_position;
