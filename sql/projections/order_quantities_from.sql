-- meaning: what became of the chips of order lines after all their steps, in order. A decline from before the
--          order was placed takes nothing from it
-- grain: one order line
-- columns: order_line; in chips: chips_ordered (latest total), chips_cancelled (chips_declined included),
--          chips_declined (by us), chips_shipped, chips_over_cancelled and chips_over_shipped (what did not
--          fit)
-- reads: order_after, and the relation named steps, of rows of order_steps
CREATE OR REPLACE MACRO order_quantities_from(steps) AS TABLE
    WITH RECURSIVE moves AS MATERIALIZED (
        SELECT
            order_line,
            type,
            chips,
            shipped_chips,
            row_number() OVER (PARTITION BY order_line ORDER BY step) AS turn,
            count(*) OVER (PARTITION BY order_line) AS last_turn
        FROM (
            SELECT
                *,
                first_value(time) OVER (PARTITION BY order_line ORDER BY step) AS placed_at
            FROM query_table(steps)
        ) AS placed
        WHERE
            type IN ('trn.order.placed.v1', 'trn.order.cancelled.v1')
            OR (type = 'trn.order.declined.v1' AND time >= placed_at)
            OR (type = 'trn.order.changed.v1' AND chips IS NOT NULL)
            OR shipped_chips > 0
    ),

    opened AS (
        SELECT
            order_line,
            turn,
            last_turn,
            {
                'ordered': chips,
                'cancelled': cast(0 AS BIGINT),
                'declined': cast(0 AS BIGINT),
                'shipped': cast(0 AS BIGINT),
                'over_cancelled': cast(0 AS BIGINT)
            } AS held
        FROM moves
        WHERE turn = 1
    ),

    -- most lines never move again, so only the others are walked
    folded AS (
        SELECT *
        FROM opened
        WHERE last_turn > 1
        UNION ALL
        SELECT
            folded.order_line,
            moves.turn,
            moves.last_turn,
            order_after(folded.held, moves.type, moves.chips, moves.shipped_chips) AS held
        FROM folded
        INNER JOIN moves
            ON
                folded.order_line = moves.order_line
                AND folded.turn + 1 = moves.turn
                AND moves.turn > 1
    ),

    ended AS (
        SELECT
            held.*,
            folded.order_line
        FROM folded
        WHERE folded.turn = folded.last_turn
        UNION ALL
        SELECT
            held.*,
            opened.order_line
        FROM opened
        WHERE opened.last_turn = 1
    )

    SELECT
        order_line,
        ordered AS chips_ordered,
        cancelled AS chips_cancelled,
        declined AS chips_declined,
        shipped AS chips_shipped,
        over_cancelled AS chips_over_cancelled,
        greatest(0, shipped + cancelled - ordered) AS chips_over_shipped
    FROM ended;
