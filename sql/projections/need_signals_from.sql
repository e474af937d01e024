-- meaning: the moments at which a need shows itself, asks for chips, or is given some. A reservation that was
--          activated after its agreed start asks for its chips in between. Opportunities and orders belong to a
--          need only where they name it: an opportunity shows that it is alive, an order meets it
-- grain: one signal
-- columns: kind ('denial', 'waitlist', 'reservation', 'opportunity', 'order'), said_at (TIMESTAMP, UTC), step,
--          tie (order of signals of one moment), customer_id, segment, generation, region, need_id,
--          retry_group_id; cause ('capacity', 'quota', 'price'; NULL: asks for nothing), ask_chips (chips),
--          ask_from_at, ask_until_at (NULL: until the need falls silent), replaced_at (when the entry's next
--          event takes the ask's place); converted_chips, reserved_chips, granted_chips (given at this moment);
--          is_withdrawal; subject (of the event or the entry), chain_key (need_id, else retry_group_id of the
--          customer, else customer and generation: needs are chained within it). Reservations that become active
--          after up_to_at (TIMESTAMP, UTC) give nothing yet
-- reads: denials_from, waitlist_states_from, reservations_from, order_book_from, and the relations named counted, of
--        rows of other_events_as_of, and described, of rows of customers
CREATE OR REPLACE MACRO need_signals_from(counted, described, up_to_at) AS TABLE
    WITH booked AS MATERIALIZED (
        SELECT *
        FROM reservations_from(counted, described)
    ),

    naming AS (
        SELECT subject
        FROM query_table(counted)
        WHERE type IN ('trn.order.placed.v1', 'trn.order.changed.v1') AND (data ->> 'need_id') IS NOT NULL
    ),

    -- orders have hundreds of thousands of lines, few name a need
    of_lines AS MATERIALIZED ( -- noqa: ST03
        SELECT events.*
        FROM query_table(counted) AS events
        SEMI JOIN naming ON events.subject = naming.subject
        WHERE split_part(events.type, '.', 2) IN ('order', 'shipment')
    ),

    shown AS (
        SELECT
            'denial' AS kind,
            request_id AS subject,
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
        FROM denials_from(counted, described)
        UNION ALL BY NAME
        SELECT
            'waitlist' AS kind,
            waitlist_id AS subject,
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
        FROM waitlist_states_from(counted, described)
        UNION ALL BY NAME
        SELECT
            'reservation' AS kind,
            reservation_id AS subject,
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
            reservation_id AS subject,
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
            active_from_at <= up_to_at
            AND (active_until_at IS NULL OR active_from_at < active_until_at)
        UNION ALL BY NAME
        SELECT
            'opportunity' AS kind,
            subject,
            utc_clock(time) AS said_at,
            1 AS step,
            concat_ws(' ', source, id) AS tie,
            data ->> 'customer_id' AS customer_id,
            data ->> 'generation' AS generation,
            data ->> 'region' AS region,
            data ->> 'need_id' AS need_id
        FROM query_table(counted)
        WHERE type = 'trn.opportunity.changed.v1' AND (data ->> 'need_id') IS NOT NULL
        UNION ALL BY NAME
        SELECT
            'order' AS kind,
            order_line AS subject,
            utc_clock(placed_at) AS said_at,
            1 AS step,
            order_line AS tie,
            customer_id,
            generation,
            region,
            need_id,
            chips_ordered - chips_cancelled AS granted_chips
        FROM order_book_from('of_lines', described)
        WHERE need_id IS NOT NULL
    )

    SELECT
        kind,
        subject,
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
        coalesce(is_withdrawal, FALSE) AS is_withdrawal,
        CASE
            WHEN need_id IS NOT NULL THEN concat_ws(' ', 'need', need_id)
            WHEN retry_group_id IS NOT NULL THEN concat_ws(' ', 'retry', customer_id, retry_group_id)
            ELSE concat_ws(' ', 'customer', customer_id, generation)
        END AS chain_key
    FROM shown;
