-- meaning: chip-hours of active reservations by day, up to the as-of instant
-- grain: reservation x day
-- columns: reservation_id, segment, generation, region, day_date (DATE), chip_hours (hours)
--          ending_after: the beginning of a day, where not all days are asked for
-- reads: reservation_stretches
CREATE OR REPLACE MACRO reservation_days(
    as_of, up_to_position := 9223372036854775807, ending_after := TIMESTAMP '-infinity'
) AS TABLE
    WITH days AS (
        SELECT
            *,
            unnest(range(date_trunc('day', from_at), until_at, INTERVAL 1 DAY)) AS day_at
        FROM reservation_stretches(as_of, up_to_position, ending_after)
    )

    SELECT
        reservation_id,
        segment,
        generation,
        region,
        cast(day_at AS DATE) AS day_date,
        cast(
            sum(exact(chips * hours_shared(from_at, until_at, day_at, day_at + INTERVAL 1 DAY))) AS DOUBLE
        ) AS chip_hours
    FROM days
    GROUP BY ALL;
