-- meaning: which sources feed the demand of a place with which event types, and up to when they declared these
--          complete; the versions of a type are one feed. A source feeds a place from its first event about it
--          on, for good: one that retires says so by a declaration far ahead
-- grain: channel x generation x region x source x event type
-- columns: channel, generation, region, source, type, complete_through (TIMESTAMPTZ; NULL: never declared)
-- reads: coverage, kept_demand_feeds, other_events_as_of, demand_feeds_from, usage_facts, retracted_positions,
--        completeness
CREATE OR REPLACE MACRO demand_feeds(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH covering AS MATERIALIZED (
        SELECT 1 AS is_covered
        FROM coverage(as_of, up_to_position)
    ),

    counted AS MATERIALIZED ( -- noqa: ST03
        SELECT *
        FROM other_events_as_of(as_of, up_to_position)
        WHERE
            split_part(type, '.', 2) IN ('request', 'waitlist', 'reservation', 'order')
            AND NOT EXISTS (SELECT 1 FROM covering)
    ),

    heard AS (
        SELECT
            channel,
            generation,
            region,
            source,
            type
        FROM kept_demand_feeds
        WHERE EXISTS (SELECT 1 FROM covering)
        UNION ALL
        SELECT
            channel,
            generation,
            region,
            source,
            type
        FROM demand_feeds_from('counted')
        UNION ALL
        SELECT DISTINCT
            'cloud' AS channel,
            facts.generation,
            coalesce(facts.region, 'unassigned') AS region,
            facts.source,
            facts.type
        FROM usage_facts AS facts
        ANTI JOIN retracted_positions(as_of, up_to_position) AS retracted
            ON facts.log_position = retracted.log_position
        WHERE
            facts.known_at <= cast(as_of AS TIMESTAMPTZ)
            AND facts.log_position <= up_to_position
            AND facts.generation IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM covering)
    )

    SELECT
        heard.channel,
        heard.generation,
        heard.region,
        heard.source,
        heard.type,
        declared.complete_through
    FROM heard
    LEFT JOIN completeness(as_of, up_to_position) AS declared
        ON heard.source = declared.source AND heard.type = declared.type;
