-- meaning: the life of subjects of one kind, step by step. The opening event is step 1 whatever its time, so
--          that what was stamped before it still takes effect; a second opening is a step like any other.
--          Subjects that nothing opened have no steps (see orphans)
-- grain: one event of an opened subject
-- columns: as in the relation, and step (1, 2, ... within the subject)
-- reads: the relation named counted, of rows of other_events_as_of (but apply_order)
CREATE OR REPLACE MACRO subject_steps_from(counted, opening_type, following_types) AS TABLE
    WITH lives AS (
        SELECT *
        FROM query_table(counted)
        WHERE type = opening_type OR type IN following_types
    ),

    openings AS (
        SELECT
            subject,
            arg_min(log_position, row(time, coalesce(sequence, ''), known_at, source, id)) AS log_position
        FROM lives
        WHERE type = opening_type
        GROUP BY subject
    )

    SELECT
        lives.*, -- noqa: AM04
        row_number() OVER (
            PARTITION BY lives.subject
            ORDER BY
                lives.log_position <> openings.log_position,
                lives.time,
                coalesce(lives.sequence, ''),
                lives.known_at,
                lives.source,
                lives.id
        ) AS step
    FROM lives
    INNER JOIN openings ON lives.subject = openings.subject;
