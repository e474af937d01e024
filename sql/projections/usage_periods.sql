-- meaning: metered use and its billing corrections, each for the period that it reports on
-- grain: one usage event
-- columns: source, type, customer_id, segment (the payload's, else the customer's, else 'unassigned'),
--          generation, region, purchase_option, instance_type, reservation_id (NULL: outside reservations),
--          start_at, end_at (TIMESTAMP, UTC), chip_hours (hours; corrections are signed)
-- reads: events_as_of, customers
CREATE OR REPLACE MACRO usage_periods(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH parsed AS (
        SELECT
            source,
            type,
            json_transform(
                data,
                '{
                    "customer_id": "VARCHAR", "segment": "VARCHAR", "generation": "VARCHAR", "region": "VARCHAR",
                    "purchase_option": "VARCHAR", "instance_type": "VARCHAR", "reservation_id": "VARCHAR",
                    "period_start": "VARCHAR", "period_end": "VARCHAR", "chip_hours": "DOUBLE"
                }'
            ) AS payload
        FROM events_as_of(as_of, up_to_position)
        WHERE type IN ('trn.usage.metered.v1', 'trn.usage.adjusted.v1')
    ),

    unpacked AS (
        SELECT
            payload.*,
            parsed.source,
            parsed.type
        FROM parsed
    )

    SELECT
        unpacked.source,
        unpacked.type,
        unpacked.customer_id,
        unpacked.generation,
        unpacked.region,
        unpacked.purchase_option,
        unpacked.instance_type,
        unpacked.reservation_id,
        unpacked.chip_hours,
        coalesce(unpacked.segment, customers.segment, 'unassigned') AS segment,
        utc_moment(unpacked.period_start) AS start_at,
        utc_moment(unpacked.period_end) AS end_at
    FROM unpacked
    LEFT JOIN customers(as_of, up_to_position) AS customers ON unpacked.customer_id = customers.customer_id;
