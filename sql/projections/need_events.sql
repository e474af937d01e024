-- meaning: the events that can tell of needs
-- grain: one event
-- columns: as in other_events_as_of
-- reads: other_events_as_of, tells_of_needs
CREATE OR REPLACE MACRO need_events(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT * -- noqa: AM04
    FROM other_events_as_of(as_of, up_to_position)
    WHERE tells_of_needs(type);
