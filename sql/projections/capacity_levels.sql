-- meaning: cloud capacity over time: the running sum of installed and retired chips; a statement overrules it
--          from its time on, and later installs and retirements move both of its figures. Never below zero
-- grain: generation x region x stretch without a change, up to the as-of instant
-- columns: generation, region, from_at, until_at (TIMESTAMP, UTC), installed_chips, sellable_chips,
--          impaired_chips, spare_chips (chips; the last two as last stated, NULL: never)
-- reads: other_events_as_of
CREATE OR REPLACE MACRO capacity_levels(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH moves AS (
        SELECT
            apply_order,
            cast(data ->> 'installed' AS BIGINT) AS stated_installed_chips,
            cast(data ->> 'sellable' AS BIGINT) AS stated_sellable_chips,
            cast(data ->> 'impaired' AS BIGINT) AS impaired_chips,
            cast(data ->> 'spare' AS BIGINT) AS spare_chips,
            type = 'trn.capacity.stated.v1' AS is_stated,
            data ->> 'generation' AS generation,
            data ->> 'region' AS region,
            utc_clock(time) AS from_at,
            CASE type
                WHEN 'trn.capacity.installed.v1' THEN cast(data ->> 'chips' AS BIGINT)
                WHEN 'trn.capacity.retired.v1' THEN -cast(data ->> 'chips' AS BIGINT)
                ELSE 0
            END AS added_chips
        FROM other_events_as_of(as_of, up_to_position)
        WHERE
            type IN ('trn.capacity.installed.v1', 'trn.capacity.retired.v1', 'trn.capacity.stated.v1')
            AND time <= cast(as_of AS TIMESTAMPTZ)
    ),

    numbered AS (
        SELECT
            *,
            count(*) FILTER (WHERE is_stated) OVER place AS statements_so_far
        FROM moves
        WINDOW place AS (PARTITION BY generation, region ORDER BY apply_order ROWS UNBOUNDED PRECEDING)
    ),

    summed AS (
        SELECT
            generation,
            region,
            from_at,
            apply_order,
            statements_so_far,
            sum(added_chips) OVER since AS added_chips,
            first_value(stated_installed_chips) OVER since AS stated_installed_chips,
            first_value(stated_sellable_chips) OVER since AS stated_sellable_chips,
            first_value(impaired_chips) OVER since AS impaired_chips,
            first_value(spare_chips) OVER since AS spare_chips,
            lead(from_at) OVER (PARTITION BY generation, region ORDER BY apply_order) AS next_at
        FROM numbered
        WINDOW
            since AS (
                PARTITION BY generation, region, statements_so_far ORDER BY apply_order ROWS UNBOUNDED PRECEDING
            )
    )

    SELECT
        generation,
        region,
        from_at,
        cast(greatest(0, coalesce(stated_installed_chips, 0) + added_chips) AS DOUBLE) AS installed_chips,
        cast(greatest(0, coalesce(stated_sellable_chips, 0) + added_chips) AS DOUBLE) AS sellable_chips,
        cast(impaired_chips AS DOUBLE) AS impaired_chips,
        cast(spare_chips AS DOUBLE) AS spare_chips,
        coalesce(next_at, utc_clock(as_of)) AS until_at
    FROM summed
    WHERE from_at < coalesce(next_at, utc_clock(as_of));
