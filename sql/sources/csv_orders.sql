-- meaning: an order journal as an ERP exports it, one entry a row, as events of the direct channel.
--          CSV, UTF-8, comma, header, these columns in any order (an empty cell is absent):
--          entry_type       order, change, promise, cancellation, shipment, delivery or return
--          entry_at         instant with an offset (2026-09-07T14:30:00+02:00), or a day for its midnight in UTC
--          order_number, line_number   name the order line: one product, one ship-to region, one requested day
--          customer_number, segment    a pseudonym, not a name; the customer's segment
--          product, ship_to            generation such as trn3; ship-to region
--          quantity                    chips, whole: of the entry; of a change, the new total
--          requested_date, promised_date   days
--          unit_price, currency        price of a chip, ISO 4217 code
--          shipment_number, reason     of shipments and deliveries; of cancellations and returns
--          A row has no id of its own: it is a hash of all columns, so that an exact copy is a duplicate.
-- grain: one entry
-- reads: a CSV file, $path
WITH
entries AS (
    SELECT *
    FROM read_csv($path, header = TRUE, all_varchar = TRUE, delim = ',', quote = '"', escape = '"')
),

numbered AS (
    SELECT
        *,
        row_number() OVER () AS source_line,
        to_json(entries) AS raw_row,
        lower(trim(entry_type)) AS entry
    FROM entries
)

SELECT
    source_line,
    raw_row,
    '/sources/csv_orders' AS source,
    'entry_type is none of order, change, promise, cancellation, shipment, delivery, return' AS remark,
    md5(raw_row) AS id,
    CASE entry
        WHEN 'order' THEN 'trn.order.placed.v1'
        WHEN 'change' THEN 'trn.order.changed.v1'
        WHEN 'promise' THEN 'trn.order.promised.v1'
        WHEN 'cancellation' THEN 'trn.order.cancelled.v1'
        WHEN 'shipment' THEN 'trn.shipment.dispatched.v1'
        WHEN 'delivery' THEN 'trn.shipment.delivered.v1'
        WHEN 'return' THEN 'trn.order.returned.v1'
    END AS type,
    'csv_orders:' || order_number || ':' || line_number AS subject,
    if(regexp_full_match(entry_at, '[0-9]{4}-[0-9]{2}-[0-9]{2}'), entry_at || 'T00:00:00Z', entry_at) AS time,
    struct_pack(
        chips := quantity,
        generation := if(entry IN ('order', 'change'), product, NULL),
        region := if(entry IN ('order', 'change'), ship_to, NULL),
        customer_id := if(entry = 'order', customer_number, NULL),
        segment := segment,
        requested_date := if(entry IN ('order', 'change'), requested_date, NULL),
        promised_date := if(entry = 'promise', promised_date, NULL),
        unit_price := if(entry IN ('order', 'change'), unit_price, NULL),
        currency := if(entry IN ('order', 'change'), currency, NULL),
        order_id := order_number,
        shipment_id := if(entry IN ('shipment', 'delivery'), shipment_number, NULL),
        reason := if(entry IN ('cancellation', 'return'), reason, NULL)
    ) AS data
FROM numbered
ORDER BY source_line;
