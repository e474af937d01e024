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
-- reads: order_steps, order_quantities, customers
CREATE OR REPLACE MACRO order_book(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH described AS (
        SELECT
            order_line,
            min(time) FILTER (WHERE step = 1) AS placed_at,
            coalesce(sum(chips) FILTER (WHERE type = 'trn.order.returned.v1'), 0) AS returned_chips,
            arg_max(chips, step) FILTER (WHERE type = 'trn.order.promised.v1') AS chips_promised,
            arg_max(promised_date, step) FILTER (WHERE type = 'trn.order.promised.v1') AS promised_date,
            arg_max(order_id, step) FILTER (WHERE is_terms) AS order_id,
            arg_max(customer_id, step) FILTER (WHERE is_terms) AS customer_id,
            arg_max(segment, step) FILTER (WHERE is_terms) AS segment,
            arg_max(region, step) FILTER (WHERE is_terms) AS region,
            arg_max(generation, step) FILTER (WHERE is_terms) AS generation,
            arg_max(requested_date, step) FILTER (WHERE is_terms) AS requested_date,
            arg_max(unit_price, step) FILTER (WHERE is_terms) AS unit_price,
            arg_max(currency, step) FILTER (WHERE is_terms) AS currency,
            arg_max(lot_chips, step) FILTER (WHERE is_terms) AS lot_chips,
            arg_max(opportunity_id, step) FILTER (WHERE is_terms) AS opportunity_id,
            arg_max(contract_id, step) FILTER (WHERE is_terms) AS contract_id,
            arg_max(need_id, step) FILTER (WHERE is_terms) AS need_id
        FROM (
            SELECT
                *,
                type IN ('trn.order.placed.v1', 'trn.order.changed.v1') AS is_terms
            FROM order_steps(as_of, up_to_position)
        ) AS steps
        GROUP BY order_line
    ),

    finished AS (
        SELECT
            described.order_line,
            described.order_id,
            described.customer_id,
            described.region,
            described.generation,
            described.placed_at,
            quantities.chips_ordered,
            quantities.chips_cancelled,
            quantities.chips_declined,
            quantities.chips_shipped,
            described.chips_promised,
            described.unit_price,
            described.currency,
            described.lot_chips,
            described.opportunity_id,
            described.contract_id,
            described.need_id,
            cast(least(described.returned_chips, quantities.chips_shipped) AS BIGINT) AS chips_returned,
            cast(utc_moment(described.requested_date) AS DATE) AS requested_date,
            cast(utc_moment(described.promised_date) AS DATE) AS promised_date,
            coalesce(described.segment, customers.segment, 'unassigned') AS segment,
            greatest(
                0, quantities.chips_ordered - quantities.chips_cancelled - quantities.chips_shipped
            ) AS chips_open
        FROM described
        INNER JOIN order_quantities(as_of, up_to_position) AS quantities ON described.order_line = quantities.order_line
        LEFT JOIN customers(as_of, up_to_position) AS customers ON described.customer_id = customers.customer_id
    )

    SELECT
        order_line,
        order_id,
        customer_id,
        segment,
        region,
        generation,
        placed_at,
        chips_ordered,
        chips_cancelled,
        chips_declined,
        chips_shipped,
        chips_returned,
        chips_open,
        chips_promised,
        requested_date,
        promised_date,
        unit_price,
        currency,
        lot_chips,
        opportunity_id,
        contract_id,
        need_id
    FROM finished;
