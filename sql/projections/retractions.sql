-- meaning: retractions known as of an instant. One counts for nothing while another in force retracts it; those
--          that retract each other in a circle all count for nothing
-- grain: one retraction event
-- columns: log_position, source, id, known_at of the retraction; retracted_source, retracted_id; replaced_by,
--          reason; is_in_force; has_target: the retracted event is in the log and known
-- reads: events
CREATE OR REPLACE MACRO retractions(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH RECURSIVE known AS (
        SELECT
            log_position,
            source,
            id,
            known_at,
            subject AS retracted_id,
            data ->> 'retracted_source' AS retracted_source,
            data ->> 'replaced_by' AS replaced_by,
            data ->> 'reason' AS reason
        FROM events
        WHERE
            type = 'trn.event.retracted.v1'
            AND known_at <= cast(as_of AS TIMESTAMPTZ)
            AND log_position <= up_to_position
    ),

    contested AS (
        SELECT
            retracted.source,
            retracted.id,
            known.source AS by_source,
            known.id AS by_id
        FROM known
        INNER JOIN known AS retracted
            ON known.retracted_source = retracted.source AND known.retracted_id = retracted.id
    ),

    fate AS (
        SELECT
            known.source,
            known.id,
            TRUE AS is_in_force
        FROM known
        ANTI JOIN contested ON known.source = contested.source AND known.id = contested.id
        UNION
        SELECT
            contested.source,
            contested.id,
            NOT fate.is_in_force AS is_in_force
        FROM fate
        INNER JOIN contested ON fate.source = contested.by_source AND fate.id = contested.by_id
    ),

    settled AS (
        SELECT
            source,
            id,
            bool_and(is_in_force) AS is_in_force
        FROM fate
        GROUP BY source, id
    ),

    targets AS (
        SELECT DISTINCT
            events.source,
            events.id
        FROM events
        INNER JOIN known ON events.source = known.retracted_source AND events.id = known.retracted_id
        WHERE events.known_at <= cast(as_of AS TIMESTAMPTZ) AND events.log_position <= up_to_position
    )

    SELECT
        known.log_position,
        known.source,
        known.id,
        known.known_at,
        known.retracted_source,
        known.retracted_id,
        known.replaced_by,
        known.reason,
        coalesce(settled.is_in_force, FALSE) AS is_in_force,
        targets.id IS NOT NULL AS has_target
    FROM known
    LEFT JOIN settled ON known.source = settled.source AND known.id = settled.id
    LEFT JOIN targets ON known.retracted_source = targets.source AND known.retracted_id = targets.id;
