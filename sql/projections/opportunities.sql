-- meaning: opportunities of direct sales as last changed
-- grain: one opportunity
-- columns: opportunity_id, customer_id, segment, region, generation, chips (chips), stage, win_probability
--          (share), expected_close_date (DATE), displaces_cloud_chips (chips, signed; NULL: not said), need_id,
--          opened_at, changed_at (TIMESTAMPTZ)
-- reads: other_events_as_of, customers
CREATE OR REPLACE MACRO opportunities(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH latest AS (
        SELECT
            subject,
            arg_max(data, apply_order) AS data,
            min(time) AS opened_at,
            max(time) AS changed_at
        FROM other_events_as_of(as_of, up_to_position)
        WHERE type = 'trn.opportunity.changed.v1'
        GROUP BY subject
    )

    SELECT
        latest.subject AS opportunity_id,
        cast(latest.data ->> 'chips' AS BIGINT) AS chips,
        cast(latest.data ->> 'win_probability' AS DOUBLE) AS win_probability,
        cast(utc_moment(latest.data ->> 'expected_close') AS DATE) AS expected_close_date,
        cast(latest.data ->> 'displaces_cloud_chips' AS BIGINT) AS displaces_cloud_chips,
        latest.opened_at,
        latest.changed_at,
        latest.data ->> 'customer_id' AS customer_id,
        coalesce(latest.data ->> 'segment', customers.segment, 'unassigned') AS segment,
        latest.data ->> 'region' AS region,
        latest.data ->> 'generation' AS generation,
        latest.data ->> 'stage' AS stage,
        latest.data ->> 'need_id' AS need_id
    FROM latest
    LEFT JOIN customers(as_of, up_to_position) AS customers ON (latest.data ->> 'customer_id') = customers.customer_id;
