-- meaning: puts rewritten events in their places. What comes again under the identity of one is never compared
--          with it, which its content hash says; its identity is taken as landing takes it
-- grain: one event
-- reads: events, rewritten_events
UPDATE events SET
    source = rewritten_events.source,
    id = rewritten_events.id,
    subject = rewritten_events.subject,
    sequence = rewritten_events.sequence,
    dataschema = rewritten_events.dataschema,
    source_file = rewritten_events.source_file,
    attributes = rewritten_events.attributes,
    data = rewritten_events.data,
    content_hash = if(rewritten_events.is_named, $pseudonym, events.content_hash),
    event_key = md5(
        concat(length(rewritten_events.source), ':', rewritten_events.source, rewritten_events.id)
    )::UUID
FROM rewritten_events
WHERE events.log_position = rewritten_events.log_position;
