-- meaning: the life of subjects of one kind, step by step. The opening event is step 1 whatever its time, so
--          that what was stamped before it still takes effect; a second opening is a step like any other.
--          Subjects that nothing opened have no steps (see orphans)
-- grain: one event of an opened subject
-- columns: log_position, source, id, type, subject, time, known_at, data, apply_order as in other_events_as_of, and
--          step (1, 2, ... within the subject)
--          only_subjects: a list of subjects, where not all are asked for
-- reads: other_events_as_of, subject_steps_from
CREATE OR REPLACE MACRO subject_steps(
    as_of, up_to_position, opening_type, following_types, only_subjects := NULL
) AS TABLE
    WITH counted AS ( -- noqa: ST03
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
        WHERE only_subjects IS NULL OR subject IN (SELECT unnest(only_subjects))
    )

    SELECT
        log_position,
        source,
        id,
        type,
        subject,
        time,
        known_at,
        data,
        apply_order,
        step
    FROM subject_steps_from('counted', opening_type, following_types);
