-- meaning: cloud capacity over time: the running sum of installed and retired chips; a statement overrules it from its
--          time on, and later installs and retirements move both of its figures. Never below zero
-- grain: generation x region x stretch without a change, up to the as-of instant
-- columns: generation, region, from_at, until_at (TIMESTAMP, UTC), installed_chips, sellable_chips, impaired_chips,
--          spare_chips (chips; the last two as last stated, NULL: never)
-- reads: events_as_of
CREATE OR REPLACE MACRO capacity_levels(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH moves AS (
        SELECT
            type = 'trn.capacity.stated.v1' AS is_stated,
            data ->> 'generation' AS generation,
            data ->> 'region' AS region,
            utc_clock(time) AS from_at,
            apply_order,
            CASE type
                WHEN 'trn.capacity.installed.v1' THEN CAST(data ->> 'chips' AS BIGINT)
                WHEN 'trn.capacity.retired.v1' THEN -CAST(data ->> 'chips' AS BIGINT)
                ELSE 0
            END AS added_chips,
            CAST(data ->> 'installed' AS BIGINT) AS stated_installed_chips,
            CAST(data ->> 'sellable' AS BIGINT) AS stated_sellable_chips,
            CAST(data ->> 'impaired' AS BIGINT) AS impaired_chips,
            CAST(data ->> 'spare' AS BIGINT) AS spare_chips
        FROM events_as_of(as_of, up_to_position)
        WHERE
            type IN ('trn.capacity.installed.v1', 'trn.capacity.retired.v1', 'trn.capacity.stated.v1')
            AND time <= CAST(as_of AS TIMESTAMPTZ)
    ),

    numbered AS (
        SELECT
            *,
            count(*) FILTER (WHERE is_stated) OVER place AS statement
        FROM moves
        WINDOW place AS (PARTITION BY generation, region ORDER BY apply_order ROWS UNBOUNDED PRECEDING)
    ),

    summed AS (
        SELECT
            generation,
            region,
            from_at,
            apply_order,
            statement,
            sum(added_chips) OVER since AS added_chips,
            first_value(stated_installed_chips) OVER since AS stated_installed_chips,
            first_value(stated_sellable_chips) OVER since AS stated_sellable_chips,
            first_value(impaired_chips) OVER since AS impaired_chips,
            first_value(spare_chips) OVER since AS spare_chips,
            lead(from_at) OVER (PARTITION BY generation, region ORDER BY apply_order) AS next_at
        FROM numbered
        WINDOW
            since AS (
                PARTITION BY generation, region, statement ORDER BY apply_order ROWS UNBOUNDED PRECEDING
            )
    )

    SELECT
        generation,
        region,
        from_at,
        coalesce(next_at, utc_clock(as_of)) AS until_at,
        CAST(greatest(0, coalesce(stated_installed_chips, 0) + added_chips) AS DOUBLE) AS installed_chips,
        CAST(greatest(0, coalesce(stated_sellable_chips, 0) + added_chips) AS DOUBLE) AS sellable_chips,
        CAST(impaired_chips AS DOUBLE) AS impaired_chips,
        CAST(spare_chips AS DOUBLE) AS spare_chips
    FROM summed
    WHERE from_at < coalesce(next_at, utc_clock(as_of));
