-- meaning: stretches of the reservations of which something changed, as they are now
-- grain: reservation x stretch without a change
-- reads: reservation_sizes, dirty_reservations
CREATE OR REPLACE TEMP TABLE fresh AS
SELECT sizes.*
FROM
    reservation_sizes(
        $now_from,
        $now_position,
        (SELECT coalesce(list(dirty.reservation_id), []) FROM dirty_reservations AS dirty)
    ) AS sizes;
