-- meaning: order lines as known at an instant. chips_shipped is what left (dispatched or delivered, the greater
--          a shipment), so it may exceed the order; everything else stays within it, and the excess is in
--          order_excess
-- grain: one order line
-- columns: order_line, order_id, customer_id, segment, region (NULL: none given), generation, placed_at,
--          chips_ordered (latest known total), chips_cancelled (declined chips of the line included),
--          chips_declined, chips_shipped, chips_returned (never reopens an order), chips_open (ordered -
--          cancelled - shipped, never below 0), chips_promised and promised_date (latest promise),
--          requested_date, unit_price (a chip, in currency), currency, lot_chips, opportunity_id, contract_id,
--          need_id
-- reads: coverage, kept_order_lines, other_events_as_of, customers, order_book_from
CREATE OR REPLACE MACRO order_book(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH covering AS MATERIALIZED (
        SELECT 1 AS is_covered
        FROM coverage(as_of, up_to_position)
    ),

    counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
        WHERE
            split_part(type, '.', 2) IN ('order', 'shipment')
            AND NOT EXISTS (SELECT 1 FROM covering)
    ),

    described AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM customers(as_of, up_to_position)
    )

    SELECT * -- noqa: AM04
    FROM kept_order_lines
    WHERE EXISTS (SELECT 1 FROM covering)
    UNION ALL BY NAME
    SELECT * -- noqa: AM04
    FROM order_book_from('counted', 'described');
