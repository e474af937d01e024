-- meaning: customers as last described; each field keeps its last value that was given
-- grain: one customer
-- columns: customer_id, segment, parent_id, country (NULL: never given)
-- reads: kept_customers, coverage, customers_described, uncovered_position
CREATE OR REPLACE MACRO customers(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT * -- noqa: AM04
    FROM kept_customers
    WHERE EXISTS (SELECT 1 FROM coverage(as_of, up_to_position))
    UNION ALL
    SELECT * -- noqa: AM04
    FROM customers_described(as_of, uncovered_position(as_of, up_to_position));
