-- meaning: what the chain seals: all that is stored of an event
-- grain: one event
-- reads: events
CREATE OR REPLACE TEMP VIEW sealed_events AS
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
    cast(event_key AS VARCHAR) AS event_key,
    content_hash,
    cast(attributes AS VARCHAR) AS attributes,
    flags,
    cast(data AS VARCHAR) AS data
FROM events;
