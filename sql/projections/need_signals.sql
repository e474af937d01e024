-- meaning: the moments at which a need shows itself, asks for chips, or is given some. A reservation that was
--          activated after its agreed start asks for its chips in between. Opportunities and orders belong to a
--          need only where they name it: an opportunity shows that it is alive, an order meets it
-- grain: one signal
-- columns: kind ('denial', 'waitlist', 'reservation', 'opportunity', 'order'), said_at (TIMESTAMP, UTC), step,
--          tie (order of signals of one moment), customer_id, segment, generation, region, need_id,
--          retry_group_id; cause ('capacity', 'quota', 'price'; NULL: asks for nothing), ask_chips (chips),
--          ask_from_at, ask_until_at (NULL: until the need falls silent), replaced_at (when the entry's next
--          event takes the ask's place); converted_chips, reserved_chips, granted_chips (given at this moment);
--          is_withdrawal
-- reads: denials, waitlist_states, reservations, order_book, other_events_as_of
CREATE OR REPLACE MACRO need_signals(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH booked AS (
        SELECT *
        FROM reservations(as_of, up_to_position)
    ),

    shown AS (
        SELECT
            'denial' AS kind,
            said_at,
            1 AS step,
            concat_ws(' ', source, id) AS tie,
            customer_id,
            segment,
            generation,
            region,
            need_id,
            retry_group_id,
            CASE reason
                WHEN 'insufficient_capacity' THEN 'capacity'
                WHEN 'quota' THEN 'quota'
                WHEN 'price' THEN 'price'
            END AS cause,
            chips_requested - chips_granted AS ask_chips,
            wanted_from_at AS ask_from_at,
            wanted_until_at AS ask_until_at,
            0 AS converted_chips,
            0 AS reserved_chips,
            chips_granted AS granted_chips,
            FALSE AS is_withdrawal
        FROM denials(as_of, up_to_position)
        UNION ALL BY NAME
        SELECT
            'waitlist' AS kind,
            said_at,
            step,
            concat_ws(' ', source, id) AS tie,
            customer_id,
            segment,
            generation,
            region,
            need_id,
            CASE WHEN waiting_chips > 0 THEN 'capacity' END AS cause,
            waiting_chips AS ask_chips,
            CASE WHEN step = 1 THEN wanted_from_at ELSE greatest(said_at, wanted_from_at) END AS ask_from_at,
            wanted_until_at AS ask_until_at,
            replaced_at,
            converted_chips,
            is_withdrawal
        FROM waitlist_states(as_of, up_to_position)
        UNION ALL BY NAME
        SELECT
            'reservation' AS kind,
            scheduled_at AS said_at,
            1 AS step,
            concat_ws(' ', reservation_id, 'scheduled') AS tie,
            customer_id,
            segment,
            generation,
            region,
            need_id,
            CASE WHEN activated_at > start_at THEN 'capacity' END AS cause,
            chips AS ask_chips,
            start_at AS ask_from_at,
            activated_at AS ask_until_at
        FROM booked
        UNION ALL BY NAME
        SELECT
            'reservation' AS kind,
            active_from_at AS said_at,
            2 AS step,
            concat_ws(' ', reservation_id, 'active') AS tie,
            customer_id,
            segment,
            generation,
            region,
            need_id,
            chips AS reserved_chips
        FROM booked
        WHERE
            active_from_at <= utc_clock(as_of)
            AND (active_until_at IS NULL OR active_from_at < active_until_at)
        UNION ALL BY NAME
        SELECT
            'opportunity' AS kind,
            utc_clock(time) AS said_at,
            1 AS step,
            concat_ws(' ', source, id) AS tie,
            data ->> 'customer_id' AS customer_id,
            data ->> 'generation' AS generation,
            data ->> 'region' AS region,
            data ->> 'need_id' AS need_id
        FROM other_events_as_of(as_of, up_to_position)
        WHERE type = 'trn.opportunity.changed.v1' AND (data ->> 'need_id') IS NOT NULL
        UNION ALL BY NAME
        SELECT
            'order' AS kind,
            utc_clock(placed_at) AS said_at,
            1 AS step,
            order_line AS tie,
            customer_id,
            generation,
            region,
            need_id,
            chips_ordered - chips_cancelled AS granted_chips
        FROM
            order_book(
                as_of,
                up_to_position,
                (
                    SELECT coalesce(list(DISTINCT subject), [])
                    FROM other_events_as_of(as_of, up_to_position)
                    WHERE
                        type IN ('trn.order.placed.v1', 'trn.order.changed.v1')
                        AND (data ->> 'need_id') IS NOT NULL
                )
            )
        WHERE need_id IS NOT NULL
    )

    SELECT
        kind,
        said_at,
        step,
        tie,
        customer_id,
        segment,
        generation,
        region,
        need_id,
        retry_group_id,
        cause,
        ask_chips,
        ask_from_at,
        ask_until_at,
        replaced_at,
        coalesce(converted_chips, 0) AS converted_chips,
        coalesce(reserved_chips, 0) AS reserved_chips,
        coalesce(granted_chips, 0) AS granted_chips,
        coalesce(is_withdrawal, FALSE) AS is_withdrawal
    FROM shown;
