-- meaning: gathers what reservations hold in dirty weeks, cut to them
-- grain: reservation x stretch without a change, within a week
-- reads: kept_reservation_stretches, dirty
CREATE OR REPLACE TEMP TABLE gathered_stretches AS
WITH cut AS (
    SELECT
        booked.reservation_id,
        booked.customer_id,
        booked.segment,
        booked.generation,
        booked.region,
        booked.chips,
        greatest(booked.from_at, cast(dirty.period_start AS TIMESTAMP)) AS from_at,
        least(booked.until_at, cast(dirty.period_start + 7 AS TIMESTAMP)) AS until_at
    FROM kept_reservation_stretches AS booked
    INNER JOIN dirty
        ON booked.generation = dirty.generation AND booked.region = dirty.region
)

SELECT *
FROM cut
WHERE from_at < until_at;
