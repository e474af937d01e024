-- meaning: customers of whom something changed, as they are now
-- grain: one customer
-- reads: customers_described, dirty_customers
CREATE OR REPLACE TEMP TABLE fresh AS
SELECT described.* -- noqa: AM04
FROM customers_described($now_from, $now_position) AS described
SEMI JOIN dirty_customers ON described.customer_id = dirty_customers.customer_id;
