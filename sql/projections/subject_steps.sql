-- meaning: the life of subjects of one kind, step by step. The opening event is step 1 whatever its time, so
--          that what was stamped before it still takes effect; a second opening is a step like any other.
--          Subjects that nothing opened have no steps (see orphans)
-- grain: one event of an opened subject
-- columns: log_position, source, id, type, subject, time, known_at, data, apply_order as in other_events_as_of, and
--          step (1, 2, ... within the subject)
--          only_subjects: a list of subjects, where not all are asked for
-- reads: other_events_as_of
CREATE OR REPLACE MACRO subject_steps(
    as_of, up_to_position, opening_type, following_types, only_subjects := NULL
) AS TABLE
    WITH lives AS (
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
        WHERE
            (type = opening_type OR type IN following_types)
            AND (only_subjects IS NULL OR subject IN (SELECT unnest(only_subjects)))
    ),

    openings AS (
        SELECT
            subject,
            arg_min(log_position, apply_order) AS log_position
        FROM lives
        WHERE type = opening_type
        GROUP BY subject
    )

    SELECT
        lives.log_position,
        lives.source,
        lives.id,
        lives.type,
        lives.subject,
        lives.time,
        lives.known_at,
        lives.data,
        lives.apply_order,
        row_number() OVER (
            PARTITION BY lives.subject
            ORDER BY lives.log_position <> openings.log_position, lives.apply_order
        ) AS step
    FROM lives
    INNER JOIN openings ON lives.subject = openings.subject;
