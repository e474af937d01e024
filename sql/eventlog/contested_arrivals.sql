-- meaning: arrivals of contested identities
-- grain: one arrival
-- reads: arrivals, contested_keys
SELECT arrivals.ordinal
FROM arrivals
SEMI JOIN contested_keys ON cast(arrivals.event_key AS UUID) = contested_keys.event_key;
