-- meaning: the events that count as of an instant: known by then, in the log up to a position, and not
--          retracted; each in the newest version of its type. apply_order is the order in which events apply
--          within a subject; an absent sequence comes first
-- grain: one event
-- columns: as in events, and apply_order (time, sequence, known_at, source, id)
-- reads: other_events_as_of, events, retracted_positions, is_usage
CREATE OR REPLACE MACRO events_as_of(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT * -- noqa: AM04
    FROM other_events_as_of(as_of, up_to_position)
    UNION ALL BY NAME
    SELECT
        events.*,
        row(events.time, coalesce(events.sequence, ''), events.known_at, events.source, events.id) AS apply_order
    FROM events
    ANTI JOIN retracted_positions(as_of, up_to_position) AS retracted ON events.log_position = retracted.log_position
    WHERE
        is_usage(events.type)
        AND events.log_position <= (SELECT max(state.log_position) FROM projection_state AS state)
        AND events.known_at <= cast(as_of AS TIMESTAMPTZ)
        AND events.log_position <= up_to_position;
