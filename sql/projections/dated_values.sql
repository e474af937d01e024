-- meaning: what holds when, for facts that are set for [valid_from, valid_to) and may overlap: at every moment
--          the one that started last holds, of two that start together the one that was set last. A dated
--          exception thus gives way again to what it interrupted
-- grain: key x stretch of time without a change
-- columns: subject, key_values (list of VARCHAR, in the order of key_names), data (JSON of the event that holds),
--          source, id, valid_from, valid_to (TIMESTAMPTZ; valid_to NULL: no end)
-- reads: other_events_as_of
CREATE OR REPLACE MACRO dated_values(
    as_of, up_to_position, event_type, key_names, is_keyed_by_subject
) AS TABLE
    WITH stated AS (
        SELECT
            data,
            source,
            id,
            apply_order,
            CASE WHEN is_keyed_by_subject THEN subject END AS subject,
            data ->> key_names AS key_values,
            utc_moment(data ->> 'valid_from') AS from_at,
            coalesce(utc_moment(data ->> 'valid_to'), TIMESTAMP 'infinity') AS until_at
        FROM other_events_as_of(as_of, up_to_position)
        WHERE type = event_type
    ),

    edges AS (
        SELECT
            subject,
            key_values,
            from_at AS edge_at
        FROM stated
        UNION
        SELECT
            subject,
            key_values,
            until_at AS edge_at
        FROM stated
    ),

    stretches AS (
        SELECT
            subject,
            key_values,
            edge_at,
            lead(edge_at) OVER (PARTITION BY subject, key_values ORDER BY edge_at) AS next_edge_at
        FROM edges
    ),

    holding AS (
        SELECT
            stretches.subject,
            stretches.key_values,
            stretches.edge_at,
            stretches.next_edge_at,
            stated.data,
            stated.source,
            stated.id
        FROM stretches
        INNER JOIN stated
            ON
                stretches.subject IS NOT DISTINCT FROM stated.subject
                AND stretches.key_values IS NOT DISTINCT FROM stated.key_values
                AND stretches.edge_at >= stated.from_at
                AND stretches.edge_at < stated.until_at
        QUALIFY
            row_number() OVER (
                PARTITION BY stretches.subject, stretches.key_values, stretches.edge_at
                ORDER BY stated.from_at DESC, stated.apply_order DESC
            ) = 1
    ),

    compared AS (
        SELECT
            *,
            lag(next_edge_at) OVER (PARTITION BY subject, key_values ORDER BY edge_at) AS previous_end_at,
            lag(source) OVER (PARTITION BY subject, key_values ORDER BY edge_at) AS previous_source,
            lag(id) OVER (PARTITION BY subject, key_values ORDER BY edge_at) AS previous_id
        FROM holding
    ),

    numbered AS (
        SELECT
            subject,
            key_values,
            source,
            id,
            data,
            edge_at,
            next_edge_at,
            count(*) FILTER (
                WHERE
                edge_at IS DISTINCT FROM previous_end_at
                OR source IS DISTINCT FROM previous_source
                OR id IS DISTINCT FROM previous_id
            ) OVER (PARTITION BY subject, key_values ORDER BY edge_at ROWS UNBOUNDED PRECEDING) AS stretch
        FROM compared
    )

    SELECT
        subject,
        key_values,
        any_value(data) AS data,
        any_value(source) AS source,
        any_value(id) AS id,
        min(edge_at) AT TIME ZONE 'UTC' AS valid_from,
        nullif(max(next_edge_at), TIMESTAMP 'infinity') AT TIME ZONE 'UTC' AS valid_to
    FROM numbered
    GROUP BY subject, key_values, stretch;
