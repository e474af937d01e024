-- meaning: events that counted and are now retracted, or the other way round
-- grain: one event
-- reads: retracted_positions
CREATE OR REPLACE TEMP TABLE changed_retracted AS
WITH was AS (
    SELECT log_position
    FROM retracted_positions($was_from, $was_position)
),

now AS (
    SELECT log_position
    FROM retracted_positions($now_from, $now_position)
)

(
    SELECT log_position FROM was
    EXCEPT
    SELECT log_position FROM now
)
UNION
(
    SELECT log_position FROM now
    EXCEPT
    SELECT log_position FROM was
);
