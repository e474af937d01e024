-- meaning: the planner's constraints, with history; one name may hold with several scopes side by side
-- grain: name x scope x stretch of time
-- columns: name, value (JSON), scope (JSON; NULL: everywhere), author, valid_from, valid_to (TIMESTAMPTZ; NULL:
--          no end)
-- reads: dated_values
CREATE OR REPLACE MACRO constraints(as_of, up_to_position := 9223372036854775807) AS TABLE
    SELECT
        subject AS name,
        cast(key_values[1] AS JSON) AS scope,
        valid_from,
        valid_to,
        data -> 'value' AS value,
        data ->> 'author' AS author
    FROM dated_values(as_of, up_to_position, 'trn.policy.set.v1', ['scope'], TRUE);
