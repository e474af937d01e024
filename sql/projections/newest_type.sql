-- meaning: the newest version of an event type: what is known of a feed, or said of it, holds for all versions
--          of its type
-- grain: one value: VARCHAR; a type that has only one version, or is not known, stays as it is
-- reads: nothing
CREATE OR REPLACE MACRO newest_type(event_type) AS
CASE event_type
    WHEN 'trn.request.denied.v1' THEN 'trn.request.denied.v2'
    WHEN 'trn.waitlist.joined.v1' THEN 'trn.waitlist.joined.v2'
    ELSE event_type
END;
