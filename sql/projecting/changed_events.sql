-- meaning: events other than use of the cloud that came to count, or ceased to: those beyond the position, those
--          that became known (or, where the state moves back, are not known yet), those that a retraction took
--          out or gave back
-- grain: one event
-- reads: other_events, changed_retracted
CREATE OR REPLACE TEMP TABLE changed_events AS
SELECT
    log_position,
    type,
    subject
FROM other_events
WHERE log_position > $was_position AND known_at <= $now_from
UNION
SELECT
    log_position,
    type,
    subject
FROM other_events
WHERE
    log_position <= $was_position
    AND known_at > least($was_from, $now_from)
    AND known_at <= greatest($was_from, $now_from)
UNION
SELECT
    log_position,
    type,
    subject
FROM other_events
WHERE log_position IN (SELECT retracted.log_position FROM changed_retracted AS retracted);
