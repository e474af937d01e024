-- meaning: waitlist entries over time: what each still waits for after each of its events
-- grain: one waitlist event of an opened entry
-- columns: waitlist_id, step, source, id, said_at, replaced_at (TIMESTAMP, UTC: next event of the entry; NULL:
--          none), customer_id, segment, generation, region, need_id, wanted_from_at (TIMESTAMP, UTC),
--          wanted_until_at (NULL: not said), converted_chips (by this event), waiting_chips (chips, 0 once
--          withdrawn), is_withdrawal
-- reads: subject_steps, customers
CREATE OR REPLACE MACRO waitlist_states(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH steps AS (
        SELECT
            subject AS waitlist_id,
            step,
            source,
            id,
            cast(data ->> 'chips' AS BIGINT) AS chips,
            type = 'trn.waitlist.withdrawn.v1' AS is_withdrawal,
            utc_clock(time) AS said_at,
            data ->> 'customer_id' AS customer_id,
            data ->> 'segment' AS segment,
            data ->> 'generation' AS generation,
            data ->> 'region' AS region,
            data ->> 'need_id' AS need_id,
            utc_moment(data ->> 'wanted_from') AS wanted_from_at,
            utc_moment(data ->> 'wanted_until') AS wanted_until_at,
            coalesce(cast(data ->> 'converted_chips' AS BIGINT), 0) AS converted_chips
        FROM
            subject_steps(
                as_of,
                up_to_position,
                'trn.waitlist.joined.v2',
                ['trn.waitlist.changed.v1', 'trn.waitlist.converted.v1', 'trn.waitlist.withdrawn.v1']
            )
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
    LEFT JOIN customers(as_of, up_to_position) AS customers ON states.customer_id = customers.customer_id;
