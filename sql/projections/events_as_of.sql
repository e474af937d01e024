-- meaning: the events that count as of an instant: known by then, in the log up to a position, and not
--          retracted; each in the newest version of its type. apply_order is the order in which events apply
--          within a subject; an absent sequence comes first
-- grain: one event
-- columns: as in events, and apply_order (time, sequence, known_at, source, id)
-- reads: newest_events, retraction_fates
CREATE OR REPLACE MACRO events_as_of(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH retracted AS (
        SELECT
            retracted_source,
            retracted_id
        FROM retraction_fates(as_of, up_to_position)
        WHERE is_in_force
    )

    SELECT
        events.log_position,
        events.source,
        events.id,
        events.type,
        events.subject,
        events.time,
        events.recordedtime,
        events.known_at,
        events.landed_at,
        events.sequence,
        events.datacontenttype,
        events.dataschema,
        events.batch_id,
        events.source_file,
        events.source_line,
        events.event_key,
        events.content_hash,
        events.attributes,
        events.flags,
        events.data,
        row(events.time, coalesce(events.sequence, ''), events.known_at, events.source, events.id) AS apply_order
    FROM newest_events() AS events
    ANTI JOIN retracted ON events.source = retracted.retracted_source AND events.id = retracted.retracted_id
    WHERE
        events.known_at <= cast(as_of AS TIMESTAMPTZ)
        AND events.log_position <= up_to_position;
