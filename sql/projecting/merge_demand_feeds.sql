-- meaning: adds what changed to the events that feed places, so that a feed of which nothing is left can go
-- grain: channel x generation x region x source x event type
-- reads: feed_changes
MERGE INTO kept_demand_feeds AS kept
USING feed_changes AS changes
    ON
        kept.channel = changes.channel
        AND kept.generation = changes.generation
        AND kept.region = changes.region
        AND kept.source = changes.source
        AND kept.type = changes.type
WHEN MATCHED AND kept.events + changes.events = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET events = kept.events + changes.events
WHEN NOT MATCHED THEN
    INSERT (channel, generation, region, source, type, events)
    VALUES (changes.channel, changes.generation, changes.region, changes.source, changes.type, changes.events);
