-- meaning: chips in stock as of an instant: the last statement of each place, moved on by what came in and went
--          out since the generation's last statement. Movements name no store: they meet the unassigned stock
--          first, and what it cannot give comes out of the others in proportion. Never below zero. A generation
--          without any statement counts from zero at the beginning of the log
-- grain: generation x region
-- columns: generation, region ('unassigned': none given), chips (chips), stated_chips (chips), stated_at
--          (TIMESTAMPTZ; NULL: never stated)
-- reads: other_events_as_of, inventory_moves
CREATE OR REPLACE MACRO inventory(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH statements AS (
        SELECT
            cast(arg_max(data ->> 'chips', apply_order) AS BIGINT) AS stated_chips,
            data ->> 'generation' AS generation,
            coalesce(data ->> 'region', 'unassigned') AS region,
            max(time) AS stated_at
        FROM other_events_as_of(as_of, up_to_position)
        WHERE type = 'trn.inventory.stated.v1'
        GROUP BY ALL
    ),

    last_statements AS (
        SELECT
            generation,
            max(stated_at) AS stated_at
        FROM statements
        GROUP BY generation
    ),

    moved AS (
        SELECT
            moves.generation,
            sum(moves.chips) AS chips
        FROM inventory_moves(as_of, up_to_position) AS moves
        LEFT JOIN last_statements ON moves.generation = last_statements.generation
        WHERE last_statements.stated_at IS NULL OR moves.moved_at > last_statements.stated_at
        GROUP BY moves.generation
    ),

    places AS (
        SELECT
            generation,
            region,
            stated_chips,
            stated_at
        FROM statements
        UNION ALL
        SELECT
            moved.generation,
            'unassigned' AS region,
            0 AS stated_chips,
            NULL AS stated_at
        FROM moved
        ANTI JOIN statements ON moved.generation = statements.generation AND statements.region = 'unassigned'
    ),

    pooled AS (
        SELECT
            places.generation,
            places.region,
            places.stated_chips,
            places.stated_at,
            coalesce(moved.chips, 0) + sum(places.stated_chips) FILTER (WHERE places.region = 'unassigned') OVER stock
                AS pool_chips,
            sum(places.stated_chips) FILTER (WHERE places.region <> 'unassigned') OVER stock AS others_chips
        FROM places
        LEFT JOIN moved ON places.generation = moved.generation
        WINDOW stock AS (PARTITION BY places.generation)
    )

    SELECT
        generation,
        region,
        cast(
            CASE
                WHEN region = 'unassigned' THEN greatest(0, pool_chips)
                WHEN pool_chips >= 0 OR pool_chips IS NULL THEN stated_chips
                ELSE coalesce(stated_chips * greatest(0, others_chips + pool_chips) / nullif(others_chips, 0), 0)
            END AS DOUBLE
        ) AS chips,
        cast(stated_chips AS DOUBLE) AS stated_chips,
        stated_at
    FROM pooled;
