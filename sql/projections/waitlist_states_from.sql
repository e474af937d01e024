-- meaning: waitlist entries over time: what each still waits for after each of its events
-- grain: one waitlist event of an opened entry
-- columns: waitlist_id, step, source, id, said_at, replaced_at (TIMESTAMP, UTC: next event of the entry; NULL:
--          none), customer_id, segment, generation, region, need_id, wanted_from_at (TIMESTAMP, UTC),
--          wanted_until_at (NULL: not said), converted_chips (by this event), waiting_chips (chips, 0 once
--          withdrawn), is_withdrawal
-- reads: subject_steps_from, and the relations named counted, of rows of other_events_as_of, and described, of
--        rows of customers
CREATE OR REPLACE MACRO waitlist_states_from(counted, described) AS TABLE
    WITH parsed AS (
        SELECT
            subject AS waitlist_id,
            step,
            source,
            id,
            type = 'trn.waitlist.withdrawn.v1' AS is_withdrawal,
            utc_clock(time) AS said_at,
            json_transform(
                data,
                '{
                    "customer_id": "VARCHAR", "segment": "VARCHAR", "generation": "VARCHAR", "region": "VARCHAR",
                    "need_id": "VARCHAR", "wanted_from": "VARCHAR", "wanted_until": "VARCHAR", "chips": "BIGINT",
                    "converted_chips": "BIGINT"
                }'
            ) AS payload
        FROM
            subject_steps_from(
                counted,
                'trn.waitlist.joined.v2',
                ['trn.waitlist.changed.v1', 'trn.waitlist.converted.v1', 'trn.waitlist.withdrawn.v1']
            )
    ),

    steps AS (
        SELECT
            parsed.payload.customer_id,
            parsed.payload.segment,
            parsed.payload.generation,
            parsed.payload.region,
            parsed.payload.need_id,
            parsed.payload.chips,
            parsed.waitlist_id,
            parsed.step,
            parsed.source,
            parsed.id,
            parsed.is_withdrawal,
            parsed.said_at,
            utc_moment(parsed.payload.wanted_from) AS wanted_from_at,
            utc_moment(parsed.payload.wanted_until) AS wanted_until_at,
            coalesce(parsed.payload.converted_chips, 0) AS converted_chips
        FROM parsed
    ),

    states AS (
        SELECT
            waitlist_id,
            step,
            source,
            id,
            said_at,
            converted_chips,
            is_withdrawal,
            lead(said_at) OVER entry AS replaced_at,
            first_value(customer_id) OVER entry AS customer_id,
            first_value(segment) OVER entry AS segment,
            first_value(generation) OVER entry AS generation,
            first_value(region) OVER entry AS region,
            first_value(need_id IGNORE NULLS) OVER entry AS need_id,
            first_value(wanted_from_at) OVER entry AS wanted_from_at,
            first_value(wanted_until_at) OVER entry AS wanted_until_at,
            last_value(chips IGNORE NULLS) OVER so_far AS total_chips,
            sum(converted_chips) OVER so_far AS all_converted_chips,
            bool_or(is_withdrawal) OVER so_far AS is_withdrawn
        FROM steps
        WINDOW
            entry AS (
                PARTITION BY waitlist_id ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ),
            so_far AS (PARTITION BY waitlist_id ORDER BY step ROWS UNBOUNDED PRECEDING)
    )

    SELECT
        states.waitlist_id,
        states.step,
        states.source,
        states.id,
        states.said_at,
        states.replaced_at,
        states.customer_id,
        states.generation,
        states.region,
        states.need_id,
        states.wanted_from_at,
        states.wanted_until_at,
        states.converted_chips,
        states.is_withdrawal,
        coalesce(states.segment, customers.segment, 'unassigned') AS segment,
        CASE
            WHEN states.is_withdrawn THEN 0
            ELSE greatest(0, states.total_chips - states.all_converted_chips)
        END AS waiting_chips
    FROM states
    LEFT JOIN query_table(described) AS customers ON states.customer_id = customers.customer_id;
