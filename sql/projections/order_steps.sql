-- meaning: the life of order lines, step by step, with what each step moved. A shipment counts the greater of
--          what was dispatched and what was delivered under its shipment_id, so that shipped_chips of a step is
--          what it added
-- grain: one event of an opened order line
-- columns: order_line, step, type, time, the payload's fields (chips NULL: none given), shipped_chips (chips)
-- reads: other_events_as_of, order_steps_from
CREATE OR REPLACE MACRO order_steps(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH counted AS ( -- noqa: ST03
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
    )

    SELECT * -- noqa: AM04
    FROM order_steps_from('counted');
