-- meaning: takes over the events of a stretch of the log that report no use of the cloud, as they are
-- grain: one event
-- reads: events, is_usage
INSERT INTO other_events
SELECT
    log_position,
    source,
    id,
    type,
    subject,
    time,
    recordedtime,
    known_at,
    landed_at,
    sequence,
    datacontenttype,
    dataschema,
    batch_id,
    source_file,
    source_line,
    event_key,
    content_hash,
    attributes,
    flags,
    data
FROM events
WHERE log_position > $after AND log_position <= $up_to AND NOT is_usage(type);
