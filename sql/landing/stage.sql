-- meaning: the envelopes of a portion of lines; is_plain proves that the envelope is right and that the text
--          of the payload carries the producer's tokens: whole keys known and not repeated, no escapes, no
--          nested objects, no exponents, no NaN, no trailing commas, no more digits than a DOUBLE keeps; data is
--          the payload's text to the letter
-- grain: one line, ordinal is its place in the portion
-- reads: portion_lines
CREATE OR REPLACE TEMP TABLE staged AS
WITH
parsed AS (
    SELECT
        raw,
        ordinal,
        file_number,
        source_line,
        CASE
            WHEN CASE WHEN strlen(raw) < 1000000 THEN json_valid(raw) ELSE FALSE END
                THEN from_json(
                    raw,
                    '{"specversion":"JSON","id":"JSON","source":"JSON","type":"JSON","subject":"JSON","time":"JSON",'
                    || '"recordedtime":"JSON","sequence":"JSON","datacontenttype":"JSON","dataschema":"JSON",'
                    || '"data":"JSON"}'
                )
        END AS envelope
    FROM portion_lines
),

texts AS (
    SELECT
        parsed.raw,
        parsed.ordinal,
        parsed.file_number,
        parsed.source_line,
        cast(parsed.envelope.specversion AS VARCHAR) AS specversion,
        cast(parsed.envelope.id AS VARCHAR) AS id,
        cast(parsed.envelope.source AS VARCHAR) AS source,
        cast(parsed.envelope.type AS VARCHAR) AS type,
        cast(parsed.envelope.subject AS VARCHAR) AS subject,
        cast(parsed.envelope.time AS VARCHAR) AS time,
        cast(parsed.envelope.recordedtime AS VARCHAR) AS recordedtime,
        cast(parsed.envelope.sequence AS VARCHAR) AS sequence,
        cast(parsed.envelope.datacontenttype AS VARCHAR) AS datacontenttype,
        cast(parsed.envelope.dataschema AS VARCHAR) AS dataschema,
        cast(parsed.envelope.data AS VARCHAR) AS data,
        instant_of(cast(parsed.envelope.time AS VARCHAR)) AS time_at,
        instant_of(cast(parsed.envelope.recordedtime AS VARCHAR)) AS recorded_at,
        json_keys(CASE WHEN parsed.envelope IS NOT NULL THEN parsed.raw END) AS key_names,
        CASE
            WHEN contains(parsed.raw, cast(parsed.envelope.data AS VARCHAR)) THEN cast(parsed.envelope.data AS VARCHAR)
            ELSE regexp_extract(parsed.raw, '"data"\s*:\s*(\{[^{}]*\})', 1)
        END AS data_text
    FROM parsed
)

SELECT
    ordinal,
    file_number,
    source_line,
    plain_text(id) AS id,
    plain_text(source) AS source,
    plain_text(type) AS type,
    plain_text(subject) AS subject,
    time_at,
    recorded_at,
    plain_text(sequence) AS sequence,
    plain_text(datacontenttype) AS datacontenttype,
    plain_text(dataschema) AS dataschema,
    data_text AS data,
    coalesce(
        specversion = '"1.0"'
        AND starts_with(id, '"') AND length(id) BETWEEN 3 AND 130
        AND length(source) <= 258
        AND regexp_full_match(source, '"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&''()*+,;=]|%[0-9A-Fa-f]{2})+"')
        AND starts_with(type, '"')
        AND (subject IS NULL OR (starts_with(subject, '"') AND length(subject) > 2))
        AND time_at >= TIMESTAMPTZ '2000-01-01 00:00:00+00'
        AND time_at < TIMESTAMPTZ '2200-01-01 00:00:00+00'
        AND (
            recordedtime IS NULL
            OR recorded_at BETWEEN TIMESTAMPTZ '1000-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-01-01 00:00:00+00'
        )
        AND (sequence IS NULL OR starts_with(sequence, '"'))
        AND (datacontenttype IS NULL OR datacontenttype = '"application/json"')
        AND (dataschema IS NULL OR starts_with(dataschema, '"'))
        AND starts_with(data, '{') AND NOT contains(substring(data, 2), '{')
        AND NOT contains(raw, '\')
        AND CASE
            WHEN
                len(key_names) = 6
                + if(subject IS NULL, 0, 1) + if(recordedtime IS NULL, 0, 1)
                + if(sequence IS NULL, 0, 1) + if(datacontenttype IS NULL, 0, 1)
                + if(dataschema IS NULL, 0, 1)
                THEN TRUE
            ELSE
                len(list_distinct(key_names)) = len(key_names)
                AND list_has_all(
                    [
                        'specversion', 'id', 'source', 'type', 'subject', 'time', 'recordedtime', 'sequence',
                        'datacontenttype', 'dataschema', 'data'
                    ],
                    key_names
                )
        END
        AND CASE
            WHEN data_text = data THEN NOT regexp_matches(right(raw, 16), ',\s*\}\s*$|^[\s}]*$')
            WHEN NOT json_valid(data_text) THEN FALSE
            WHEN cast(json(data_text) AS VARCHAR) <> data THEN FALSE
            ELSE
                NOT regexp_matches(
                    raw, '[:,\[]\s*-?(?:[Ii]|[Nn][Aa]|[0-9.]{16}|[0-9.]+[eE])|,\s*[\]}]'
                )
        END,
        FALSE
    ) AS is_plain
FROM texts;
