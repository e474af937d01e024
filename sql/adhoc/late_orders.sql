-- question: Which open orders are past their promise, or were never promised and are past the day asked for?
-- grain: one order line, the latest first
-- reads: order_book
-- run: python -m pipeline sql sql/adhoc/late_orders.sql [--as-of T] [--csv]
SELECT
    order_line,
    customer_id,
    generation,
    region,
    chips_open,
    promised_date,
    requested_date,
    date_diff('day', coalesce(promised_date, requested_date), utc_clock($as_of)::DATE) AS days_late,
    promised_date IS NOT NULL AS is_promised
FROM order_book($as_of)
WHERE chips_open > 0 AND coalesce(promised_date, requested_date) < utc_clock($as_of)::DATE
ORDER BY days_late DESC, chips_open DESC, order_line ASC;
