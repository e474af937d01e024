-- meaning: events whose subject was never opened, or not yet, as of an instant, and retractions of events that
--          are not in the log. They stay in the log and take effect once the opening lands
-- grain: one event
-- columns: log_position, type, subject, source, id, known_at; missing: the event type that is waited for, or
--          the source and id of the retracted event
-- reads: other_events_as_of, subject_openings, retractions
CREATE OR REPLACE MACRO orphans(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH opened AS (
        SELECT DISTINCT
            type AS opening_type,
            subject
        FROM other_events_as_of(as_of, up_to_position)
        WHERE type IN (SELECT needed.opening_type FROM subject_openings() AS needed)
    ),

    following AS (
        SELECT
            counted.log_position,
            counted.type,
            counted.subject,
            counted.source,
            counted.id,
            counted.known_at,
            needed.opening_type
        FROM other_events_as_of(as_of, up_to_position) AS counted
        INNER JOIN subject_openings() AS needed ON counted.type = needed.type
    )

    SELECT
        following.log_position,
        following.type,
        following.subject,
        following.source,
        following.id,
        following.known_at,
        following.opening_type AS missing
    FROM following
    ANTI JOIN opened ON following.opening_type = opened.opening_type AND following.subject = opened.subject
    UNION ALL
    SELECT
        log_position,
        'trn.event.retracted.v1' AS type,
        retracted_id AS subject,
        source,
        id,
        known_at,
        concat_ws(' ', retracted_source, retracted_id) AS missing
    FROM retractions(as_of, up_to_position)
    WHERE NOT has_target AND is_in_force;
