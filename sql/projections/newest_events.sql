-- meaning: the log in the newest version of each event type, so that nothing else has to know an older one; use
--          of the cloud apart, which has one version and a table of its own. The log keeps what was landed; an
--          older event is lifted on reading, by one upcaster a version, the first innermost. One branch a
--          version: a query that names other types reads none of them
-- grain: one event
-- columns: as in events; type and data are those of the newest version
-- reads: other_events, newest_type, upcast_request_denied_v1, upcast_waitlist_joined_v1
CREATE OR REPLACE MACRO newest_events(log := 'other_events') AS TABLE
    SELECT * -- noqa: AM04
    FROM query_table(log)
    WHERE type <> 'trn.request.denied.v1' AND type <> 'trn.waitlist.joined.v1'
    UNION ALL
    SELECT
        * REPLACE (
            newest_type('trn.request.denied.v1') AS type,
            upcast_request_denied_v1(data, time) AS data
        )
    FROM query_table(log)
    WHERE type = 'trn.request.denied.v1'
    UNION ALL
    SELECT
        * REPLACE (
            newest_type('trn.waitlist.joined.v1') AS type,
            upcast_waitlist_joined_v1(data, time) AS data
        )
    FROM query_table(log)
    WHERE type = 'trn.waitlist.joined.v1';
