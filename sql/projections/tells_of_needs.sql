-- meaning: whether events of a type can tell of needs, or change what is known of orders
-- grain: one value: BOOLEAN
-- reads: nothing
CREATE OR REPLACE MACRO tells_of_needs(event_type) AS
split_part(event_type, '.', 2) IN ('request', 'waitlist', 'reservation', 'opportunity', 'order', 'shipment');
