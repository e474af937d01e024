-- meaning: reservations of which something changed, or whose customer's segment did
-- grain: one reservation
-- reads: changed_events, kept_reservation_stretches, changed_customers
CREATE OR REPLACE TEMP TABLE dirty_reservations AS
SELECT subject AS reservation_id
FROM changed_events
WHERE starts_with(type, 'trn.reservation.')
UNION
SELECT kept.reservation_id
FROM kept_reservation_stretches AS kept
INNER JOIN changed_customers ON kept.customer_id = changed_customers.customer_id;
