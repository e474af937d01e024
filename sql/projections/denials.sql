-- meaning: requests that were denied in whole or in part
-- grain: one denial
-- columns: request_id, source, id, said_at (TIMESTAMP, UTC), customer_id, segment, generation, region, reason, need_id,
--          retry_group_id, wanted_hours (hours; NULL: not said), chips_requested, chips_granted (chips)
-- reads: events_as_of, customers
CREATE OR REPLACE MACRO denials(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH parsed AS (
        SELECT
            subject AS request_id,
            source,
            id,
            utc_clock(time) AS said_at,
            json_transform(
                data,
                '{
                    "customer_id": "VARCHAR", "segment": "VARCHAR", "generation": "VARCHAR", "region": "VARCHAR",
                    "reason": "VARCHAR", "need_id": "VARCHAR", "retry_group_id": "VARCHAR", "wanted_hours": "DOUBLE",
                    "chips_requested": "BIGINT", "chips_granted": "BIGINT"
                }'
            ) AS payload
        FROM events_as_of(as_of, up_to_position)
        WHERE type = 'trn.request.denied.v1'
    ),

    unpacked AS (
        SELECT
            request_id,
            source,
            id,
            said_at,
            unnest(payload)
        FROM parsed
    )

    SELECT
        unpacked.* EXCLUDE (segment),
        coalesce(unpacked.segment, customers.segment, 'unassigned') AS segment
    FROM unpacked
    LEFT JOIN customers(as_of, up_to_position) AS customers ON unpacked.customer_id = customers.customer_id;
