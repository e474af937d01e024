-- meaning: what changed events speak about, and what is kept of customers whose segment is another now
-- grain: one subject (order_line: the same, where it is one)
-- reads: changed_events, changed_customers, kept_need_signals, kept_order_lines, kept_declines, tells_of_needs
CREATE OR REPLACE TEMP TABLE dirty_subjects AS
WITH dirty AS (
    SELECT subject
    FROM changed_events
    WHERE tells_of_needs(type) AND subject IS NOT NULL
    UNION
    SELECT kept.subject
    FROM kept_need_signals AS kept
    SEMI JOIN changed_customers ON kept.customer_id = changed_customers.customer_id
    UNION
    SELECT kept.order_line AS subject
    FROM kept_order_lines AS kept
    SEMI JOIN changed_customers ON kept.customer_id = changed_customers.customer_id
    UNION
    SELECT kept.subject
    FROM kept_declines AS kept
    SEMI JOIN changed_customers ON kept.customer_id = changed_customers.customer_id
)

SELECT
    subject,
    subject AS order_line
FROM dirty;
