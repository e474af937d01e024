-- meaning: all that was ever said about the dirty subjects, as it is in the log
-- grain: one event
-- reads: dirty_subjects, other_events, tells_of_needs
CREATE OR REPLACE TEMP TABLE gathered_events AS
SELECT events.* -- noqa: AM04
FROM other_events AS events
SEMI JOIN dirty_subjects ON events.subject = dirty_subjects.subject
WHERE tells_of_needs(events.type);
