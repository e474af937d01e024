-- meaning: appends the arrivals that land, in the order of their lines, at the next positions
-- grain: one landed event
-- reads: arrivals, arrival_keys, not_landing, events
INSERT INTO events
WITH
batch AS (
    SELECT
        $batch AS batch_id,
        $instant AS landed_at
),

positions AS (
    SELECT
        arrival_keys.ordinal,
        arrival_keys.event_key,
        (SELECT coalesce(max(events.log_position), 0) FROM events)
        + row_number() OVER (ORDER BY arrival_keys.ordinal) AS log_position
    FROM arrival_keys
    ANTI JOIN not_landing ON arrival_keys.ordinal = not_landing.ordinal
)

SELECT
    positions.log_position,
    arrivals.source,
    arrivals.id,
    arrivals.type,
    arrivals.subject,
    arrivals.time,
    arrivals.recordedtime,
    arrivals.known_at,
    batch.landed_at,
    arrivals.sequence,
    arrivals.datacontenttype,
    arrivals.dataschema,
    batch.batch_id,
    arrivals.source_file,
    arrivals.source_line,
    positions.event_key,
    arrivals.content_hash,
    arrivals.attributes,
    arrivals.flags,
    arrivals.data
FROM arrivals
INNER JOIN positions ON arrivals.ordinal = positions.ordinal
CROSS JOIN batch;
