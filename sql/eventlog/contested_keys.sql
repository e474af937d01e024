-- meaning: identities that arrive twice, or that the log has already
-- grain: one identity
-- reads: arrival_keys, events
CREATE OR REPLACE TEMP TABLE contested_keys AS
SELECT event_key
FROM arrival_keys
GROUP BY event_key
HAVING count(*) > 1
UNION
SELECT arrival_keys.event_key
FROM arrival_keys
SEMI JOIN events ON arrival_keys.event_key = events.event_key;
