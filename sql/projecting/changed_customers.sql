-- meaning: customers whose segment is another now
-- grain: one customer
-- reads: dirty_customers, kept_customers, fresh
CREATE OR REPLACE TEMP TABLE changed_customers AS
SELECT dirty_customers.customer_id
FROM dirty_customers
LEFT JOIN kept_customers AS kept ON dirty_customers.customer_id = kept.customer_id
LEFT JOIN fresh ON dirty_customers.customer_id = fresh.customer_id
WHERE kept.segment IS DISTINCT FROM fresh.segment;
