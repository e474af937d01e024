-- meaning: customers as last described, computed from what they were described as; each field keeps its last
--          value that was given
-- grain: one customer
-- columns: customer_id, segment, parent_id, country (NULL: never given)
-- reads: other_events_as_of
CREATE OR REPLACE MACRO customers_described(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        subject AS customer_id,
        arg_max(data ->> 'segment', apply_order) AS segment,
        arg_max(data ->> 'parent_id', apply_order) AS parent_id,
        arg_max(data ->> 'country', apply_order) AS country
    FROM other_events_as_of(as_of, up_to_position)
    WHERE type = 'trn.customer.described.v1'
    GROUP BY subject;
