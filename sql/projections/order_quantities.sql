-- meaning: what became of the chips of order lines after all their steps, in order. A decline from before the
--          order was placed takes nothing from it
-- grain: one order line
-- columns: order_line; in chips: chips_ordered (latest total), chips_cancelled (chips_declined included),
--          chips_declined (by us), chips_shipped, chips_over_cancelled and chips_over_shipped (what did not
--          fit)
-- reads: order_steps, order_quantities_from
CREATE OR REPLACE MACRO order_quantities(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH steps AS ( -- noqa: ST03
        SELECT *
        FROM order_steps(as_of, up_to_position)
    )

    SELECT * -- noqa: AM04
    FROM order_quantities_from('steps');
