-- meaning: the life of order lines, step by step, with what each step moved. A shipment counts the greater of
--          what was dispatched and what was delivered under its shipment_id, so that shipped_chips of a step is
--          what it added
-- grain: one event of an opened order line
-- columns: order_line, step, type, time, the payload's fields (chips NULL: none given), shipped_chips (chips)
-- reads: subject_steps_from, and the relation named counted, of rows of other_events_as_of
CREATE OR REPLACE MACRO order_steps_from(counted) AS TABLE
    WITH parsed AS (
        SELECT
            subject AS order_line,
            step,
            type,
            time,
            type IN ('trn.shipment.dispatched.v1', 'trn.shipment.delivered.v1') AS is_shipment,
            json_transform(
                data,
                '{
                    "chips": "BIGINT", "generation": "VARCHAR", "region": "VARCHAR", "segment": "VARCHAR",
                    "customer_id": "VARCHAR", "order_id": "VARCHAR", "opportunity_id": "VARCHAR",
                    "contract_id": "VARCHAR", "need_id": "VARCHAR", "sku": "VARCHAR", "lot_chips": "BIGINT",
                    "requested_date": "VARCHAR", "promised_date": "VARCHAR", "unit_price": "DOUBLE",
                    "currency": "VARCHAR", "shipment_id": "VARCHAR", "reason": "VARCHAR", "disposition": "VARCHAR"
                }'
            ) AS payload
        FROM
            subject_steps_from(
                counted,
                'trn.order.placed.v1',
                [
                    'trn.order.promised.v1',
                    'trn.order.changed.v1',
                    'trn.order.cancelled.v1',
                    'trn.order.declined.v1',
                    'trn.order.returned.v1',
                    'trn.shipment.dispatched.v1',
                    'trn.shipment.delivered.v1'
                ]
            )
    ),

    unpacked AS (
        SELECT
            payload.*,
            parsed.order_line,
            parsed.step,
            parsed.type,
            parsed.time,
            parsed.is_shipment
        FROM parsed
    ),

    moved AS (
        SELECT
            order_line,
            step,
            shipment_id,
            greatest(
                coalesce(sum(chips) FILTER (WHERE type = 'trn.shipment.dispatched.v1') OVER shipment, 0),
                coalesce(sum(chips) FILTER (WHERE type = 'trn.shipment.delivered.v1') OVER shipment, 0)
            ) AS moved_chips
        FROM unpacked
        WHERE is_shipment
        WINDOW shipment AS (PARTITION BY order_line, shipment_id ORDER BY step ROWS UNBOUNDED PRECEDING)
    ),

    shipped AS (
        SELECT
            order_line,
            step,
            cast(
                moved_chips
                - coalesce(lag(moved_chips) OVER (PARTITION BY order_line, shipment_id ORDER BY step), 0) AS BIGINT
            ) AS shipped_chips
        FROM moved
    )

    SELECT
        unpacked.order_line,
        unpacked.step,
        unpacked.type,
        unpacked.time,
        unpacked.chips,
        unpacked.generation,
        unpacked.region,
        unpacked.segment,
        unpacked.customer_id,
        unpacked.order_id,
        unpacked.opportunity_id,
        unpacked.contract_id,
        unpacked.need_id,
        unpacked.sku,
        unpacked.lot_chips,
        unpacked.requested_date,
        unpacked.promised_date,
        unpacked.unit_price,
        unpacked.currency,
        unpacked.shipment_id,
        unpacked.reason,
        unpacked.disposition,
        coalesce(shipped.shipped_chips, 0) AS shipped_chips
    FROM unpacked
    LEFT JOIN shipped ON unpacked.order_line = shipped.order_line AND unpacked.step = shipped.step;
