-- meaning: how many events about a place came from a source, by type; an event that names no place is about the
--          one of its opening event
-- grain: channel x generation x region x source x event type
-- columns: channel, generation, region, source, type, events
-- reads: the relation named counted, of rows of other_events_as_of
CREATE OR REPLACE MACRO demand_feeds_from(counted) AS TABLE
    WITH heard AS (
        SELECT
            source,
            type,
            subject,
            split_part(type, '.', 2) AS entity,
            json_transform(data, '{ "generation": "VARCHAR", "region": "VARCHAR" }') AS place
        FROM query_table(counted)
        WHERE split_part(type, '.', 2) IN ('request', 'waitlist', 'reservation', 'order')
    ),

    told AS MATERIALIZED (
        SELECT
            heard.source,
            heard.type,
            heard.entity,
            heard.place.generation,
            heard.place.region,
            CASE WHEN heard.entity <> 'request' THEN heard.subject END AS subject,
            count(*) AS events
        FROM heard
        GROUP BY ALL
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
        SELECT
            told.source,
            told.type,
            told.events,
            CASE WHEN told.entity = 'order' THEN 'direct' ELSE 'cloud' END AS channel,
            coalesce(told.generation, openings.generation) AS generation,
            coalesce(told.region, openings.region, 'unassigned') AS region
        FROM told
        LEFT JOIN openings ON told.entity = openings.entity AND told.subject = openings.subject
    )

    SELECT
        channel,
        generation,
        region,
        source,
        type,
        cast(sum(events) AS BIGINT) AS events
    FROM placed
    WHERE generation IS NOT NULL
    GROUP BY ALL;
