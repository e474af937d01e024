-- meaning: customers of whom something changed
-- grain: one customer
-- reads: changed_events
CREATE OR REPLACE TEMP TABLE dirty_customers AS
SELECT DISTINCT subject AS customer_id
FROM changed_events
WHERE type = 'trn.customer.described.v1';
