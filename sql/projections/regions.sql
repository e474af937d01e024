-- meaning: regions as last described; each field keeps its last value that was given
-- grain: one region
-- columns: region, channel, country (NULL: never given)
-- reads: other_events_as_of
CREATE OR REPLACE MACRO regions(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        subject AS region,
        arg_max(data ->> 'channel', apply_order) AS channel,
        arg_max(data ->> 'country', apply_order) AS country
    FROM other_events_as_of(as_of, up_to_position)
    WHERE type = 'trn.region.described.v1'
    GROUP BY subject;
