-- meaning: use of the cloud that came to count, or ceased to: beyond the position, or known since (where the
--          state moves back: not yet), or that a retraction took out or gave back
-- grain: one usage event
-- columns: as in usage_facts
-- reads: usage_facts, changed_retracted
CREATE OR REPLACE TEMP MACRO changed_usage(was_from, was_position, now_from) AS TABLE
    SELECT * -- noqa: AM04
    FROM usage_facts
    WHERE log_position > was_position AND known_at <= now_from
    UNION ALL
    SELECT * -- noqa: AM04
    FROM usage_facts
    WHERE
        log_position <= was_position
        AND known_at > least(was_from, now_from)
        AND known_at <= greatest(was_from, now_from)
    UNION ALL
    SELECT * -- noqa: AM04
    FROM usage_facts
    WHERE
        log_position <= was_position
        AND NOT (known_at > least(was_from, now_from) AND known_at <= greatest(was_from, now_from))
        AND log_position IN (SELECT retracted.log_position FROM changed_retracted AS retracted);
