-- meaning: whether each retraction known as of an instant is in force: one counts for nothing while another in
--          force retracts it; those that retract each other in a circle all count for nothing
-- grain: one retraction event
-- columns: log_position, source, id, known_at and data of the retraction; retracted_source, retracted_id;
--          is_in_force
-- reads: events
CREATE OR REPLACE MACRO retraction_fates(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH RECURSIVE known AS (
        SELECT
            log_position,
            source,
            id,
            known_at,
            data,
            subject AS retracted_id,
            data ->> 'retracted_source' AS retracted_source
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
    )

    SELECT
        known.log_position,
        known.source,
        known.id,
        known.known_at,
        known.data,
        known.retracted_source,
        known.retracted_id,
        coalesce(settled.is_in_force, FALSE) AS is_in_force
    FROM known
    LEFT JOIN settled ON known.source = settled.source AND known.id = settled.id;
