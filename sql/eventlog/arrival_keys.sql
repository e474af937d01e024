-- meaning: identity and content of arriving events, in 128 and 256 bits
-- grain: one arrival
-- reads: arrivals
CREATE OR REPLACE TEMP TABLE arrival_keys AS
SELECT
    ordinal,
    cast(md5(concat(length(source), ':', source, id)) AS UUID) AS event_key,
    content_hash
FROM arrivals;
