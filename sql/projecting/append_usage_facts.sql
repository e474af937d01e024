-- meaning: unpacks the events of a stretch of the log that report use of the cloud
-- grain: one usage event
-- reads: events, is_usage, utc_moment
INSERT INTO usage_facts
WITH parsed AS (
    SELECT
        log_position,
        known_at,
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
    FROM events
    WHERE log_position > $after AND log_position <= $up_to AND is_usage(type)
),

unpacked AS (
    SELECT
        payload.*,
        parsed.log_position,
        parsed.known_at,
        parsed.source,
        parsed.type
    FROM parsed
)

SELECT
    log_position,
    known_at,
    source,
    type,
    customer_id,
    segment,
    generation,
    region,
    purchase_option,
    instance_type,
    reservation_id,
    utc_moment(period_start) AS start_at,
    utc_moment(period_end) AS end_at,
    chip_hours
FROM unpacked;
