-- meaning: up to when each source has handed over everything of a type, by its own declarations; one that
--          names any version of a type speaks for all
-- grain: source x event type
-- columns: source, type (its newest version), complete_through (TIMESTAMPTZ)
-- reads: other_events_as_of, newest_type
CREATE OR REPLACE MACRO completeness(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH declared AS (
        SELECT
            source,
            cast(upper(data ->> 'complete_through') AS TIMESTAMPTZ) AS complete_through,
            unnest(cast(data -> 'types' AS VARCHAR[])) AS type
        FROM other_events_as_of(as_of, up_to_position)
        WHERE type = 'trn.source.completed.v1'
    )

    SELECT
        source,
        newest_type(type) AS type,
        max(complete_through) AS complete_through
    FROM declared
    GROUP BY ALL;
