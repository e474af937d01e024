-- meaning: the payload of trn.request.denied.v1 as v2 says it: chips that were refused were wanted from the
--          moment of the denial on, for the hours said. A field that v1 does not know by these names gives way
-- grain: one value: JSON, a pure function of the event
-- reads: hours_after, utc_text
CREATE OR REPLACE MACRO upcast_request_denied_v1(payload, said_at) AS
json_merge_patch(
    payload,
    json_object(
        'wanted_from',
        utc_text(utc_clock(said_at)),
        'wanted_until',
        utc_text(hours_after(utc_clock(said_at), cast(payload ->> 'wanted_hours' AS DOUBLE))),
        'wanted_hours',
        NULL
    )
);
