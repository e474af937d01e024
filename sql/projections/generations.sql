-- meaning: the product lineage as last described
-- grain: one generation
-- columns: generation, predecessor (NULL: the first), ga_date (DATE of general availability), equivalent_chips
--          (chips of the predecessor that one chip replaces; NULL: not given)
-- reads: other_events_as_of
CREATE OR REPLACE MACRO generations(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        subject AS generation,
        cast(utc_moment(arg_max(data ->> 'ga_date', apply_order)) AS DATE) AS ga_date,
        cast(arg_max(data ->> 'equivalent_chips', apply_order) AS DOUBLE) AS equivalent_chips,
        arg_max(data ->> 'predecessor', apply_order) AS predecessor
    FROM other_events_as_of(as_of, up_to_position)
    WHERE type = 'trn.product.launched.v1'
    GROUP BY subject;
