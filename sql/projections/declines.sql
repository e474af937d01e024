-- meaning: direct demand that was declined. A decline of a line placed before belongs to the moment of its
--          order, whose chips it takes out of the order book, so that nothing is counted twice; any other
--          stands at its own time
-- grain: one decline
-- columns: subject (order line or opportunity), customer_id, segment, region (NULL: none given), generation,
--          reason, chips (chips), declined_at, demanded_at (TIMESTAMPTZ: the moment that the demand is counted
--          at)
-- reads: coverage, kept_declines, other_events_as_of, customers, declines_from
CREATE OR REPLACE MACRO declines(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH covering AS MATERIALIZED (
        SELECT 1 AS is_covered
        FROM coverage(as_of, up_to_position)
    ),

    counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
        WHERE split_part(type, '.', 2) = 'order' AND NOT EXISTS (SELECT 1 FROM covering)
    ),

    described AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM customers(as_of, up_to_position)
    ),

    told AS (
        SELECT *
        FROM kept_declines
        WHERE EXISTS (SELECT 1 FROM covering)
        UNION ALL BY NAME
        SELECT *
        FROM declines_from('counted', 'described')
    )

    SELECT
        subject,
        generation,
        reason,
        chips,
        declined_at,
        customer_id,
        segment,
        region,
        demanded_at
    FROM told;
