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
-- reads: order_steps_from, order_quantities_from, and the relations named counted, of rows of other_events_as_of,
--        and described, of rows of customers
CREATE OR REPLACE MACRO order_book_from(counted, described) AS TABLE
    WITH steps AS MATERIALIZED (
        SELECT *
        FROM order_steps_from(counted)
    ),

    later_terms AS (
        SELECT
            order_line,
            arg_max(order_id, step) AS order_id,
            arg_max(customer_id, step) AS customer_id,
            arg_max(segment, step) AS segment,
            arg_max(region, step) AS region,
            arg_max(generation, step) AS generation,
            arg_max(requested_date, step) AS requested_date,
            arg_max(unit_price, step) AS unit_price,
            arg_max(currency, step) AS currency,
            arg_max(lot_chips, step) AS lot_chips,
            arg_max(opportunity_id, step) AS opportunity_id,
            arg_max(contract_id, step) AS contract_id,
            arg_max(need_id, step) AS need_id
        FROM steps
        WHERE step > 1 AND type IN ('trn.order.placed.v1', 'trn.order.changed.v1')
        GROUP BY order_line
    ),

    promises AS (
        SELECT
            order_line,
            arg_max(chips, step) AS chips_promised,
            arg_max(promised_date, step) AS promised_date
        FROM steps
        WHERE type = 'trn.order.promised.v1'
        GROUP BY order_line
    ),

    returns AS (
        SELECT
            order_line,
            sum(chips) AS returned_chips
        FROM steps
        WHERE type = 'trn.order.returned.v1'
        GROUP BY order_line
    ),

    termed AS (
        SELECT
            steps.order_line,
            steps.time AS placed_at,
            promises.chips_promised,
            promises.promised_date,
            coalesce(returns.returned_chips, 0) AS returned_chips,
            coalesce(later_terms.order_id, steps.order_id) AS order_id,
            coalesce(later_terms.customer_id, steps.customer_id) AS customer_id,
            coalesce(later_terms.segment, steps.segment) AS segment,
            coalesce(later_terms.region, steps.region) AS region,
            coalesce(later_terms.generation, steps.generation) AS generation,
            coalesce(later_terms.requested_date, steps.requested_date) AS requested_date,
            coalesce(later_terms.unit_price, steps.unit_price) AS unit_price,
            coalesce(later_terms.currency, steps.currency) AS currency,
            coalesce(later_terms.lot_chips, steps.lot_chips) AS lot_chips,
            coalesce(later_terms.opportunity_id, steps.opportunity_id) AS opportunity_id,
            coalesce(later_terms.contract_id, steps.contract_id) AS contract_id,
            coalesce(later_terms.need_id, steps.need_id) AS need_id
        FROM steps
        LEFT JOIN later_terms ON steps.order_line = later_terms.order_line
        LEFT JOIN promises ON steps.order_line = promises.order_line
        LEFT JOIN returns ON steps.order_line = returns.order_line
        WHERE steps.step = 1
    ),

    finished AS (
        SELECT
            termed.order_line,
            termed.order_id,
            termed.customer_id,
            termed.region,
            termed.generation,
            termed.placed_at,
            quantities.chips_ordered,
            quantities.chips_cancelled,
            quantities.chips_declined,
            quantities.chips_shipped,
            termed.chips_promised,
            termed.unit_price,
            termed.currency,
            termed.lot_chips,
            termed.opportunity_id,
            termed.contract_id,
            termed.need_id,
            cast(least(termed.returned_chips, quantities.chips_shipped) AS BIGINT) AS chips_returned,
            cast(utc_moment(termed.requested_date) AS DATE) AS requested_date,
            cast(utc_moment(termed.promised_date) AS DATE) AS promised_date,
            coalesce(termed.segment, customers.segment, 'unassigned') AS segment,
            greatest(
                0, quantities.chips_ordered - quantities.chips_cancelled - quantities.chips_shipped
            ) AS chips_open
        FROM termed
        INNER JOIN order_quantities_from('steps') AS quantities
            ON termed.order_line = quantities.order_line
        LEFT JOIN query_table(described) AS customers ON termed.customer_id = customers.customer_id
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
