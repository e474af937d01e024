-- meaning: requests that were denied in whole or in part
-- grain: one denial
-- columns: request_id, source, id, said_at (TIMESTAMP, UTC), customer_id, segment, generation, region, reason,
--          need_id, retry_group_id, wanted_from_at, wanted_until_at (TIMESTAMP, UTC; NULL: not said),
--          chips_requested, chips_granted (chips)
-- reads: the relations named counted, of rows of other_events_as_of, and described, of rows of customers
CREATE OR REPLACE MACRO denials_from(counted, described) AS TABLE
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
                    "reason": "VARCHAR", "need_id": "VARCHAR", "retry_group_id": "VARCHAR", "wanted_from": "VARCHAR",
                    "wanted_until": "VARCHAR", "chips_requested": "BIGINT", "chips_granted": "BIGINT"
                }'
            ) AS payload
        FROM query_table(counted)
        WHERE type = 'trn.request.denied.v2'
    ),

    unpacked AS (
        SELECT
            payload.*,
            parsed.request_id,
            parsed.source,
            parsed.id,
            parsed.said_at
        FROM parsed
    )

    SELECT
        unpacked.request_id,
        unpacked.source,
        unpacked.id,
        unpacked.said_at,
        unpacked.customer_id,
        unpacked.generation,
        unpacked.region,
        unpacked.reason,
        unpacked.need_id,
        unpacked.retry_group_id,
        unpacked.chips_requested,
        unpacked.chips_granted,
        utc_moment(unpacked.wanted_from) AS wanted_from_at,
        utc_moment(unpacked.wanted_until) AS wanted_until_at,
        coalesce(unpacked.segment, customers.segment, 'unassigned') AS segment
    FROM unpacked
    LEFT JOIN query_table(described) AS customers ON unpacked.customer_id = customers.customer_id;
