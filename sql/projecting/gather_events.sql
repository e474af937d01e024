-- meaning: all that was ever said about the dirty subjects, as it is in the log
-- grain: one event
-- reads: dirty_subjects, other_events
CREATE OR REPLACE TEMP TABLE gathered_events AS
SELECT events.* -- noqa: AM04
FROM other_events AS events
SEMI JOIN dirty_subjects ON events.subject = dirty_subjects.subject
WHERE
    split_part(events.type, '.', 2)
    IN ('request', 'waitlist', 'reservation', 'opportunity', 'order', 'shipment');
