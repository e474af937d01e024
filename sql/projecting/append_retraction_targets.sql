-- meaning: finds the events that retractions name: those of new retractions in all of the log, those of older
--          ones that still wait for their event among the new events
-- grain: one retraction
-- reads: other_events, retraction_targets, events, identity_key
INSERT INTO retraction_targets
WITH waiting AS MATERIALIZED (
    SELECT
        said.log_position,
        identity_key(said.data ->> 'retracted_source', said.subject) AS target_key
    FROM other_events AS said
    ANTI JOIN retraction_targets AS found ON said.log_position = found.retraction_position
    WHERE said.type = 'trn.event.retracted.v1'
)

SELECT
    waiting.log_position AS retraction_position,
    events.log_position
FROM waiting
INNER JOIN events ON waiting.target_key = events.event_key
WHERE waiting.log_position > $after
UNION ALL
SELECT
    waiting.log_position AS retraction_position,
    events.log_position
FROM waiting
INNER JOIN events ON waiting.target_key = events.event_key
WHERE waiting.log_position <= $after AND events.log_position > $after;
