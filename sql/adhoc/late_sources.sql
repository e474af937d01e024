-- question: Who is late in declaring completeness, so that weeks stay partial and are not learnt from?
-- grain: source x event type that the source has declared or delivered, the longest behind first;
--        complete_through empty: never declared, so that running weeks count as partial
-- reads: events_as_of, completeness
-- run: python -m pipeline sql sql/adhoc/late_sources.sql [--as-of T] [--csv]
WITH delivered AS (
    SELECT
        source,
        type,
        count(*) AS events,
        max(known_at) AS last_known_at
    FROM events_as_of($as_of)
    WHERE source <> '/trn/pipeline' AND type <> 'trn.source.completed.v1'
    GROUP BY source, type
),

joined AS (
    SELECT
        declared.complete_through,
        delivered.last_known_at,
        coalesce(declared.source, delivered.source) AS source,
        coalesce(declared.type, delivered.type) AS type,
        coalesce(delivered.events, 0) AS events
    FROM delivered
    FULL OUTER JOIN completeness($as_of) AS declared
        ON delivered.source = declared.source AND delivered.type = declared.type
)

SELECT
    source,
    type,
    complete_through,
    last_known_at,
    events,
    date_diff('day', complete_through, $as_of) AS days_behind
FROM joined
ORDER BY complete_through ASC NULLS LAST, source ASC, type ASC;
