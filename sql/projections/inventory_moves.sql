-- meaning: what moves chips in and out of stock: received from supply and restocked returns come in; shipped
--          orders and cloud installs go out
-- grain: one movement
-- columns: generation, moved_at (TIMESTAMPTZ), chips (chips, signed)
-- reads: subject_steps, order_steps, order_book, other_events_as_of
CREATE OR REPLACE MACRO inventory_moves(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        commitments.generation,
        received.time AS moved_at,
        cast(received.data ->> 'chips' AS BIGINT) AS chips
    FROM other_events_as_of(as_of, up_to_position) AS received
    INNER JOIN supply_commitments(as_of, up_to_position) AS commitments ON received.subject = commitments.supply_ref
    WHERE received.type = 'trn.supply.received.v1'
    UNION ALL
    SELECT
        orders.generation,
        steps.time AS moved_at,
        CASE WHEN steps.type = 'trn.order.returned.v1' THEN steps.chips ELSE -steps.shipped_chips END AS chips
    FROM order_steps(as_of, up_to_position) AS steps
    INNER JOIN order_book(as_of, up_to_position) AS orders ON steps.order_line = orders.order_line
    WHERE steps.shipped_chips > 0 OR (steps.type = 'trn.order.returned.v1' AND steps.disposition = 'restock')
    UNION ALL
    SELECT
        data ->> 'generation' AS generation,
        time AS moved_at,
        -cast(data ->> 'chips' AS BIGINT) AS chips
    FROM other_events_as_of(as_of, up_to_position)
    WHERE type = 'trn.capacity.installed.v1';
