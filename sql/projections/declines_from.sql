-- meaning: direct demand that was declined. A decline of a line placed before belongs to the moment of its
--          order, whose chips it takes out of the order book, so that nothing is counted twice; any other
--          stands at its own time
-- grain: one decline
-- columns: log_position, subject (order line or opportunity), customer_id, segment, region (NULL: none given),
--          generation, reason, chips (chips), declined_at, demanded_at (TIMESTAMPTZ: the moment that the demand
--          is counted at)
-- reads: order_steps_from, and the relations named counted, of rows of other_events_as_of, and described, of
--        rows of customers
CREATE OR REPLACE MACRO declines_from(counted, described) AS TABLE
    WITH declined AS (
        SELECT
            log_position,
            subject,
            time,
            cast(data ->> 'chips' AS BIGINT) AS chips,
            data ->> 'customer_id' AS customer_id,
            data ->> 'segment' AS segment,
            data ->> 'region' AS region,
            data ->> 'generation' AS generation,
            data ->> 'reason' AS reason
        FROM query_table(counted)
        WHERE type = 'trn.order.declined.v1'
    ),

    -- orders have hundreds of thousands of lines, declined ones are few
    of_declined AS ( -- noqa: ST03
        SELECT events.*
        FROM query_table(counted) AS events
        SEMI JOIN declined ON events.subject = declined.subject
    ),

    orders AS (
        SELECT
            order_line,
            min(time) FILTER (WHERE step = 1) AS placed_at,
            arg_max(customer_id, step) AS customer_id,
            arg_max(segment, step) AS segment,
            arg_max(region, step) AS region
        FROM order_steps_from('of_declined')
        WHERE type IN ('trn.order.placed.v1', 'trn.order.changed.v1')
        GROUP BY order_line
    )

    SELECT
        declined.log_position,
        declined.subject,
        declined.generation,
        declined.reason,
        declined.chips,
        declined.time AS declined_at,
        coalesce(declined.customer_id, orders.customer_id) AS customer_id,
        coalesce(declined.segment, customers.segment, orders.segment, buyers.segment, 'unassigned') AS segment,
        coalesce(declined.region, orders.region) AS region,
        least(coalesce(orders.placed_at, declined.time), declined.time) AS demanded_at
    FROM declined
    LEFT JOIN orders ON declined.subject = orders.order_line
    LEFT JOIN query_table(described) AS customers ON declined.customer_id = customers.customer_id
    LEFT JOIN query_table(described) AS buyers ON orders.customer_id = buyers.customer_id;
