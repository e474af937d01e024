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
-- reads: other_events_as_of, customers, order_book_from
CREATE OR REPLACE MACRO order_book(as_of, up_to_position := 9223372036854775807, only_lines := NULL) AS TABLE
    WITH counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
        WHERE
            split_part(type, '.', 2) IN ('order', 'shipment')
            AND (only_lines IS NULL OR subject IN (SELECT unnest(only_lines)))
    ),

    described AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM customers(as_of, up_to_position)
    )

    SELECT * -- noqa: AM04
    FROM order_book_from('counted', 'described');
