-- meaning: the events that count as of an instant, those that report use of the cloud apart (see usage_periods):
--          known by then, in the log up to a position, and not retracted; each in the newest version of its
--          type. apply_order is the order in which events apply within a subject; an absent sequence comes first
-- grain: one event
-- columns: as in events, and apply_order (time, sequence, known_at, source, id)
-- reads: newest_events, retracted_positions
CREATE OR REPLACE MACRO other_events_as_of(
    as_of, up_to_position := 9223372036854775807, log := 'other_events'
) AS TABLE
    SELECT
        events.*, -- noqa: AM04
        row(events.time, coalesce(events.sequence, ''), events.known_at, events.source, events.id) AS apply_order
    FROM newest_events(log := log) AS events
    ANTI JOIN retracted_positions(as_of, up_to_position) AS retracted ON events.log_position = retracted.log_position
    WHERE
        events.known_at <= cast(as_of AS TIMESTAMPTZ)
        AND events.log_position <= up_to_position;
