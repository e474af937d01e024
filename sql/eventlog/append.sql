-- meaning: appends the events that land, which come in the order of their positions
-- grain: one landed event
-- reads: landing_events
INSERT INTO events
SELECT
    log_position,
    source,
    id,
    type,
    subject,
    time,
    recordedtime,
    known_at,
    $instant AS landed_at,
    sequence,
    datacontenttype,
    dataschema,
    $batch AS batch_id,
    source_file,
    source_line,
    cast(event_key AS UUID) AS event_key,
    content_hash,
    attributes,
    coalesce(flags, []) AS flags,
    data
FROM landing_events;
