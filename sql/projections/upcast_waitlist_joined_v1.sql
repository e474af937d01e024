-- meaning: the payload of trn.waitlist.joined.v1 as v2 says it: the hours wanted end at a moment. A field that
--          v1 does not know by that name gives way
-- grain: one value: JSON, a pure function of the event
-- reads: hours_after, utc_text
CREATE OR REPLACE MACRO upcast_waitlist_joined_v1(payload, said_at) AS
json_merge_patch(
    payload,
    json_object(
        'wanted_until',
        utc_text(
            hours_after(utc_moment(payload ->> 'wanted_from'), cast(payload ->> 'wanted_hours' AS DOUBLE))
        ),
        'wanted_hours',
        NULL
    )
);
