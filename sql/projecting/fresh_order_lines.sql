-- meaning: order lines of the dirty subjects, as they are now
-- grain: one order line
-- reads: counted_events, kept_customers, order_book_from
CREATE OR REPLACE TEMP TABLE fresh AS
SELECT * -- noqa: AM04
FROM order_book_from('counted_events', 'kept_customers');
