-- meaning: what did not fit in an order line: cancelled beyond what was open, shipped beyond the order,
--          returned beyond what was shipped. None of it makes a quantity of the order book negative
-- grain: order line x kind
-- columns: order_line, kind ('over_cancelled', 'over_shipped', 'over_returned'), chips (chips, > 0)
-- reads: order_steps, order_quantities_from
CREATE OR REPLACE MACRO order_excess(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH steps AS MATERIALIZED (
        SELECT *
        FROM order_steps(as_of, up_to_position)
    ),

    quantities AS (
        SELECT *
        FROM order_quantities_from('steps')
    ),

    returned AS (
        SELECT
            order_line,
            sum(chips) AS chips_returned
        FROM steps
        WHERE type = 'trn.order.returned.v1'
        GROUP BY order_line
    ),

    excess AS (
        SELECT
            order_line,
            'over_cancelled' AS kind,
            chips_over_cancelled AS chips
        FROM quantities
        UNION ALL
        SELECT
            order_line,
            'over_shipped' AS kind,
            chips_over_shipped AS chips
        FROM quantities
        UNION ALL
        SELECT
            returned.order_line,
            'over_returned' AS kind,
            returned.chips_returned - quantities.chips_shipped AS chips
        FROM returned
        INNER JOIN quantities ON returned.order_line = quantities.order_line
    )

    SELECT
        order_line,
        kind,
        cast(chips AS BIGINT) AS chips
    FROM excess
    WHERE chips > 0;
