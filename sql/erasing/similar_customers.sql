-- meaning: other customers whose id holds the one to erase, and who stay
-- grain: one customer
-- reads: events, erasure_candidates
WITH
customers AS (
    SELECT
        unnest([
            events.data ->> '$.customer_id',
            events.data ->> '$.parent_id',
            if(starts_with(events.type, 'trn.customer.described.'), events.subject, NULL)
        ]) AS customer
    FROM events
    SEMI JOIN erasure_candidates ON events.log_position = erasure_candidates.log_position
)

SELECT DISTINCT customer
FROM customers
WHERE contains(customer, $customer) AND customer <> $customer
ORDER BY customer;
