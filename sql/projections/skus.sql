-- meaning: stock keeping units as last defined
-- grain: one sku
-- columns: sku, generation, chips_per_unit (chips), lot_chips (chips; NULL: no lot size)
-- reads: other_events_as_of
CREATE OR REPLACE MACRO skus(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        subject AS sku,
        cast(arg_max(data ->> 'chips_per_unit', apply_order) AS BIGINT) AS chips_per_unit,
        cast(arg_max(data ->> 'lot_chips', apply_order) AS BIGINT) AS lot_chips,
        arg_max(data ->> 'generation', apply_order) AS generation
    FROM other_events_as_of(as_of, up_to_position)
    WHERE type = 'trn.sku.defined.v1'
    GROUP BY subject;
