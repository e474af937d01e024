-- meaning: stretches in which a generation was sold out in a region
-- grain: one announced window
-- columns: generation, region, from_at, until_at (TIMESTAMP, UTC), cap_chips (chips)
-- reads: other_events_as_of
CREATE OR REPLACE MACRO soldouts(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        cast(data ->> 'cap_chips' AS DOUBLE) AS cap_chips,
        data ->> 'generation' AS generation,
        data ->> 'region' AS region,
        utc_moment(data ->> 'window_start') AS from_at,
        utc_moment(data ->> 'window_end') AS until_at
    FROM other_events_as_of(as_of, up_to_position)
    WHERE type = 'trn.capacity.soldout.v1';
