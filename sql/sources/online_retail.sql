-- meaning: order and cancellation lines of a wholesaler as direct orders; columns InvoiceNo, StockCode,
--          Description, Quantity, InvoiceDate (naive, London time), UnitPrice (GBP), CustomerID, Country.
--          A line has no number of its own: its id is a hash of all columns, so that an exact copy is a
--          duplicate; so is the end of its subject, since an invoice may repeat a stock code.
--          A cancellation (invoice C…) carries no link: it goes to the latest earlier order line of the same
--          customer and stock code, or, where there is none, to a subject of its own, an orphan.
--          Negative lines that are no cancellations (stock corrections) and bad-debt lines (invoice A…) are no events.
-- grain: one line
-- reads: a Parquet file, $path
WITH
lines AS (
    SELECT *
    FROM read_parquet($path)
),

numbered AS (
    SELECT
        *,
        row_number() OVER () AS source_line,
        to_json(lines) AS raw_row,
        md5(raw_row) AS id,
        timezone('Europe/London', invoicedate) AS invoiced_at,
        concat(invoiceno, ':', stockcode, ':', left(id, 8)) AS line_name,
        CASE
            WHEN starts_with(invoiceno, 'C') AND quantity < 0 THEN 'cancellation'
            WHEN regexp_full_match(invoiceno, '[0-9]+') AND quantity > 0 THEN 'order'
        END AS kind
    FROM lines
),

orders_by_time AS (
    SELECT
        customerid,
        stockcode,
        invoicedate,
        arg_max(line_name, row(quantity, id)) AS line_name
    FROM numbered
    WHERE kind = 'order'
    GROUP BY customerid, stockcode, invoicedate
),

cancellations AS (
    SELECT
        source_line,
        customerid,
        stockcode,
        invoicedate
    FROM numbered
    WHERE kind = 'cancellation'
),

links AS (
    SELECT
        cancellations.source_line,
        orders_by_time.line_name
    FROM cancellations
    ASOF INNER JOIN orders_by_time
        ON
            cancellations.customerid = orders_by_time.customerid
            AND cancellations.stockcode = orders_by_time.stockcode
            AND cancellations.invoicedate > orders_by_time.invoicedate
),

linked AS (
    SELECT
        numbered.*,
        CASE
            WHEN numbered.kind = 'order' THEN 'online_retail:' || numbered.line_name
            WHEN links.line_name IS NOT NULL THEN 'online_retail:' || links.line_name
            ELSE 'online_retail-unmatched:' || numbered.line_name
        END AS subject
    FROM numbered
    LEFT JOIN links ON numbered.source_line = links.source_line
)

SELECT
    source_line,
    raw_row,
    id,
    subject,
    invoiced_at AS time,
    '/sources/online_retail' AS source,
    CASE kind
        WHEN 'order' THEN 'trn.order.placed.v1'
        WHEN 'cancellation' THEN 'trn.order.cancelled.v1'
    END AS type,
    if(
        quantity < 0, 'a negative line without cancellation is a stock correction', 'the invoice is an adjustment'
    ) AS remark,
    struct_pack(
        chips := abs(quantity),
        generation := if(kind = 'order', 'online_retail', NULL),
        region := if(kind = 'order', country, NULL),
        customer_id := if(kind = 'order', cast(customerid AS VARCHAR), NULL),
        unit_price := if(kind = 'order', cast(cast(unitprice AS DECIMAL(18, 4)) AS VARCHAR), NULL),
        currency := if(kind = 'order', 'GBP', NULL),
        order_id := if(kind = 'order', invoiceno, NULL),
        sku := stockcode,
        segment := 'wholesale'
    ) AS data
FROM linked
ORDER BY source_line;
