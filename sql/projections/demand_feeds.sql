-- meaning: which sources feed the demand of a place with which event types, and up to when they declared these
--          complete; the versions of a type are one feed. A source feeds a place from its first event about it
--          on, for good: one that retires says so by a declaration far ahead
-- grain: channel x generation x region x source x event type
-- columns: channel, generation, region, source, type, complete_through (TIMESTAMPTZ; NULL: never declared)
-- reads: events_as_of, completeness
CREATE OR REPLACE MACRO demand_feeds(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH heard AS (
        SELECT
            source,
            type,
            subject,
            split_part(type, '.', 2) AS entity,
            json_transform(data, '{ "generation": "VARCHAR", "region": "VARCHAR" }') AS place
        FROM events_as_of(as_of, up_to_position)
        WHERE split_part(type, '.', 2) IN ('usage', 'request', 'waitlist', 'reservation', 'order')
    ),

    told AS (
        SELECT DISTINCT
            place.*,
            heard.source,
            heard.type,
            heard.entity,
            CASE WHEN heard.entity IN ('waitlist', 'reservation', 'order') THEN heard.subject END AS subject
        FROM heard
    ),

    openings AS (
        SELECT
            entity,
            subject,
            min(generation) AS generation,
            min(region) AS region
        FROM told
        WHERE
            type IN ('trn.waitlist.joined.v2', 'trn.reservation.scheduled.v1', 'trn.order.placed.v1')
        GROUP BY entity, subject
    ),

    placed AS (
        SELECT DISTINCT
            told.source,
            told.type,
            CASE WHEN told.entity = 'order' THEN 'direct' ELSE 'cloud' END AS channel,
            coalesce(told.generation, openings.generation) AS generation,
            coalesce(told.region, openings.region, 'unassigned') AS region
        FROM told
        LEFT JOIN openings ON told.entity = openings.entity AND told.subject = openings.subject
    )

    SELECT
        placed.channel,
        placed.generation,
        placed.region,
        placed.source,
        placed.type,
        declared.complete_through
    FROM placed
    LEFT JOIN completeness(as_of, up_to_position) AS declared
        ON placed.source = declared.source AND placed.type = declared.type
    WHERE placed.generation IS NOT NULL;
