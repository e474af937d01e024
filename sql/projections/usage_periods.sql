-- meaning: metered use and its billing corrections, each for the period that it reports on
-- grain: one usage event
-- columns: source, type, customer_id, segment (the payload's, else the customer's, else 'unassigned'),
--          generation, region, purchase_option, instance_type, reservation_id (NULL: outside reservations),
--          start_at, end_at (TIMESTAMP, UTC), chip_hours (hours; corrections are signed)
--          ending_after: a moment, where not all periods are asked for
-- reads: usage_facts, retracted_positions, customers
CREATE OR REPLACE MACRO usage_periods(
    as_of, up_to_position := 9223372036854775807, ending_after := TIMESTAMP '-infinity'
) AS TABLE
    SELECT
        facts.source,
        facts.type,
        facts.customer_id,
        facts.generation,
        facts.region,
        facts.purchase_option,
        facts.instance_type,
        facts.reservation_id,
        facts.chip_hours,
        facts.start_at,
        facts.end_at,
        coalesce(facts.segment, customers.segment, 'unassigned') AS segment
    FROM usage_facts AS facts
    ANTI JOIN retracted_positions(as_of, up_to_position) AS retracted ON facts.log_position = retracted.log_position
    LEFT JOIN customers(as_of, up_to_position) AS customers ON facts.customer_id = customers.customer_id
    WHERE
        facts.known_at <= cast(as_of AS TIMESTAMPTZ)
        AND facts.log_position <= up_to_position
        AND facts.end_at > ending_after;
