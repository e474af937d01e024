-- meaning: events of the log as they were handed over
-- grain: one event
-- reads: asked, events
SELECT
    events.log_position,
    events.source,
    events.id,
    events.type,
    events.subject,
    events.sequence,
    events.datacontenttype,
    events.dataschema,
    events.attributes,
    events.data,
    strftime(events.time, '%Y-%m-%dT%H:%M:%S.%fZ') AS time,
    strftime(events.recordedtime, '%Y-%m-%dT%H:%M:%S.%fZ') AS recordedtime
FROM events
SEMI JOIN asked ON events.log_position = asked.first_position;
