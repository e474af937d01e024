-- meaning: reservations as last known. One is active from its activation, or where none was told from its
--          start, until its end, its expiry or its cancellation, whichever is first
-- grain: one reservation
-- columns: reservation_id, customer_id, segment, generation, region, kind, chips (chips, latest), start_at,
--          end_at (as agreed), activated_at (NULL: not told), closed_at (expiry or cancellation told),
--          active_from_at, active_until_at (NULL: open; TIMESTAMP, UTC), scheduled_at, need_id
-- reads: subject_steps_from, and the relations named counted, of rows of other_events_as_of, and described, of
--        rows of customers
CREATE OR REPLACE MACRO reservations_from(counted, described) AS TABLE
    WITH parsed AS (
        SELECT
            subject AS reservation_id,
            step,
            type,
            utc_clock(time) AS said_at,
            json_transform(
                data,
                '{
                    "customer_id": "VARCHAR", "segment": "VARCHAR", "generation": "VARCHAR", "region": "VARCHAR",
                    "need_id": "VARCHAR", "kind": "VARCHAR", "start": "VARCHAR", "end": "VARCHAR", "chips": "BIGINT"
                }'
            ) AS payload
        FROM
            subject_steps_from(
                counted,
                'trn.reservation.scheduled.v1',
                [
                    'trn.reservation.changed.v1',
                    'trn.reservation.activated.v1',
                    'trn.reservation.expired.v1',
                    'trn.reservation.cancelled.v1'
                ]
            )
    ),

    unpacked AS (
        SELECT
            payload.*,
            parsed.reservation_id,
            parsed.step,
            parsed.type,
            parsed.said_at
        FROM parsed
    ),

    folded AS (
        SELECT
            reservation_id,
            arg_max(chips, step) AS chips,
            min(said_at) FILTER (WHERE step = 1) AS scheduled_at,
            arg_max(customer_id, step) AS customer_id,
            arg_max(segment, step) AS segment,
            arg_max(generation, step) AS generation,
            arg_max(region, step) AS region,
            arg_max(kind, step) AS kind,
            arg_max(need_id, step) AS need_id,
            utc_moment(arg_max(start, step)) AS start_at,
            utc_moment(arg_max("end", step)) AS end_at,
            min(said_at) FILTER (WHERE type = 'trn.reservation.activated.v1') AS activated_at,
            min(said_at) FILTER (
                WHERE type IN ('trn.reservation.expired.v1', 'trn.reservation.cancelled.v1')
            ) AS closed_at
        FROM unpacked
        GROUP BY reservation_id
    )

    SELECT
        folded.* EXCLUDE (segment),
        coalesce(folded.segment, customers.segment, 'unassigned') AS segment,
        coalesce(folded.activated_at, folded.start_at) AS active_from_at,
        least(folded.end_at, folded.closed_at) AS active_until_at
    FROM folded
    LEFT JOIN query_table(described) AS customers ON folded.customer_id = customers.customer_id;
