-- meaning: the events that count for nothing as of an instant, because a retraction in force names them
-- grain: one retraction in force and its event
-- columns: log_position (of the event), retraction_position
-- reads: retracted_spans
CREATE OR REPLACE MACRO retracted_positions(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        log_position,
        retraction_position
    FROM retracted_spans
    WHERE
        known_from <= cast(as_of AS TIMESTAMPTZ)
        AND known_until > cast(as_of AS TIMESTAMPTZ)
        AND position_from <= up_to_position
        AND position_to >= up_to_position;
