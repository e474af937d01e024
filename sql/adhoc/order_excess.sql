-- question: Which order lines were cancelled, shipped or returned beyond what they held, and who said so last?
-- grain: order line x kind of excess, the largest first
-- reads: order_excess, order_book, events_as_of
-- run: python -m pipeline sql sql/adhoc/order_excess.sql [--as-of T] [--csv]
WITH excess AS (
    SELECT
        order_line,
        kind,
        chips,
        CASE kind
            WHEN 'over_cancelled' THEN ['trn.order.cancelled.v1', 'trn.order.changed.v1']
            WHEN 'over_shipped' THEN ['trn.shipment.dispatched.v1', 'trn.shipment.delivered.v1']
            ELSE ['trn.order.returned.v1']
        END AS causes
    FROM order_excess($as_of)
),

said AS (
    SELECT
        excess.order_line,
        excess.kind,
        count(*) AS events,
        arg_max(events.source_file, events.apply_order) AS last_file,
        arg_max(events.source_line, events.apply_order) AS last_line
    FROM excess
    INNER JOIN events_as_of($as_of) AS events
        ON excess.order_line = events.subject AND list_contains(excess.causes, events.type)
    WHERE events.type LIKE 'trn.order.%' OR events.type LIKE 'trn.shipment.%'
    GROUP BY excess.order_line, excess.kind
)

SELECT
    excess.order_line,
    excess.kind,
    excess.chips AS excess_chips,
    book.customer_id,
    book.generation,
    book.region,
    book.chips_ordered,
    book.chips_cancelled,
    book.chips_shipped,
    book.chips_returned,
    said.events,
    said.last_file,
    said.last_line
FROM excess
INNER JOIN order_book($as_of) AS book ON excess.order_line = book.order_line
LEFT JOIN said ON excess.order_line = said.order_line AND excess.kind = said.kind
ORDER BY excess_chips DESC, excess.order_line ASC, excess.kind ASC;
