-- question: Which events came again with other content: which event stays, which line was refused, what differs?
-- grain: refused line x member of the event that differs (an attribute, or data.<field>), the latest refusal first
-- reads: quarantine, events
-- run: python -m pipeline sql sql/adhoc/conflicting_duplicates.sql [--csv]
WITH refused AS (
    SELECT
        source_file,
        source_line,
        quarantined_at,
        try_cast(coalesce(envelope, raw) AS JSON) AS said
    FROM quarantine
    WHERE reason = 'conflicting_duplicate' AND relanded_at IS NULL
),

met AS (
    SELECT
        events.source,
        events.id,
        events.log_position,
        events.source_file AS kept_file,
        events.source_line AS kept_line,
        refused.source_file AS refused_file,
        refused.source_line AS refused_line,
        refused.quarantined_at,
        refused.said,
        events.attributes,
        json_object(
            'type', events.type,
            'subject', events.subject,
            'time', utc_text(utc_clock(events.time)),
            'recordedtime', utc_text(utc_clock(events.recordedtime)),
            'sequence', events.sequence,
            'dataschema', events.dataschema,
            'data', events.data
        ) AS known
    FROM refused
    INNER JOIN events ON (refused.said ->> 'source') = events.source AND (refused.said ->> 'id') = events.id
),

-- attributes join as text, so that every number stays as it was written
pairs AS (
    SELECT
        *,
        CASE
            WHEN attributes IS NULL THEN known
            ELSE cast(left(known, length(known) - 1) || ',' || substring(attributes, 2) AS JSON)
        END AS kept
    FROM met
),

members AS (
    SELECT
        *,
        unnest(list_distinct(json_keys(kept) || json_keys(said))) AS name,
        '' AS part
    FROM pairs
    UNION ALL
    SELECT
        *,
        unnest(list_distinct(json_keys(kept, '$.data') || json_keys(said, '$.data'))) AS name,
        'data' AS part
    FROM pairs
),

places AS (
    SELECT
        *,
        concat_ws('.', nullif(part, ''), name) AS member,
        concat_ws('/', '', nullif(part, ''), replace(replace(name, '~', '~0'), '/', '~1')) AS pointer
    FROM members
    WHERE part = 'data' OR name NOT IN ('specversion', 'source', 'id', 'datacontenttype', 'data')
),

sides AS (
    SELECT
        *,
        'kept' AS side,
        nullif(cast(kept -> pointer AS VARCHAR), 'null') AS said_of_it,
        cast(kept -> 'time' AS VARCHAR) AS said_of_time
    FROM places
    UNION ALL
    SELECT
        *,
        'refused' AS side,
        nullif(cast(said -> pointer AS VARCHAR), 'null') AS said_of_it,
        cast(said -> 'time' AS VARCHAR) AS said_of_time
    FROM places
),

told AS (
    SELECT
        *,
        coalesce(said_of_it, CASE WHEN member = 'recordedtime' THEN said_of_time END) AS written
    FROM sides
),

-- two writings of one value are no difference: 16 and 16.0, one instant in two zones
compared AS (
    SELECT
        *,
        CASE
            WHEN regexp_full_match(written, '-?[0-9]+\.[0-9]+') THEN rtrim(rtrim(written, '0'), '.')
            WHEN regexp_full_match(written, '"[0-9-]{10}[Tt].*"')
                THEN coalesce(cast(epoch_us(try_cast(upper(trim(written, '"')) AS TIMESTAMPTZ)) AS VARCHAR), written)
            ELSE coalesce(written, '')
        END AS meant
    FROM told
)

SELECT
    source,
    id,
    member,
    log_position AS kept_position,
    kept_file,
    kept_line,
    refused_file,
    refused_line,
    quarantined_at,
    min(written) FILTER (WHERE side = 'kept') AS kept_value,
    min(written) FILTER (WHERE side = 'refused') AS refused_value
FROM compared
GROUP BY ALL
HAVING count(DISTINCT meant) > 1
ORDER BY quarantined_at DESC, refused_file ASC, refused_line ASC, member ASC;
