-- meaning: proofs that a JSON value, as text without backslashes, is of a kind of the contract; a proof may
--          fail for a rare but right form: such a line is judged outside SQL, never refused here
-- grain: one macro a kind of pipeline.schemas.events.kinds
-- reads: nothing
CREATE OR REPLACE TEMP MACRO plain_text(x) AS substring(x, 2, length(x) - 2);

CREATE OR REPLACE TEMP MACRO number_of(x) AS try_cast(trim(x, '"') AS DOUBLE);

CREATE OR REPLACE TEMP MACRO instant_of(x) AS
CASE
    WHEN
        regexp_full_match(
            x,
            '"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{1,6})?'
            || '(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"'
        )
        THEN try_cast(plain_text(x) AS TIMESTAMPTZ)
END;

CREATE OR REPLACE TEMP MACRO day_of(x) AS
CASE
    WHEN regexp_full_match(x, '"[12][0-9]{3}-[0-9]{2}-[0-9]{2}"')
        THEN try_cast(plain_text(x) || 'T00:00:00Z' AS TIMESTAMPTZ)
END;

CREATE OR REPLACE TEMP MACRO moment_of(x) AS coalesce(instant_of(x), day_of(x));

CREATE OR REPLACE TEMP MACRO is_text(x) AS starts_with(x, '"');

CREATE OR REPLACE TEMP MACRO is_name64(x) AS starts_with(x, '"') AND length(x) BETWEEN 3 AND 66;

CREATE OR REPLACE TEMP MACRO is_pseudonym128(x) AS starts_with(x, '"') AND length(x) BETWEEN 3 AND 130;

CREATE OR REPLACE TEMP MACRO is_whole(x) AS
regexp_full_match(x, '-?[0-9]{1,15}(?:\.0)?|"-?[0-9]{1,15}(?:\.0+)?"');

CREATE OR REPLACE TEMP MACRO is_chips(x) AS is_whole(x);

CREATE OR REPLACE TEMP MACRO is_number(x) AS regexp_full_match(x, '-?[0-9]{1,15}(?:\.[0-9]+)?');

CREATE OR REPLACE TEMP MACRO is_money(x) AS regexp_full_match(x, '"-?[0-9]{1,18}(?:\.[0-9]{1,18})?"');

CREATE OR REPLACE TEMP MACRO is_rate(x) AS is_money(x);

CREATE OR REPLACE TEMP MACRO is_currency(x) AS regexp_full_match(x, '"[A-Z]{3}"');

CREATE OR REPLACE TEMP MACRO is_instant(x) AS
instant_of(x) BETWEEN TIMESTAMPTZ '1000-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-01-01 00:00:00+00';

CREATE OR REPLACE TEMP MACRO is_moment(x) AS
moment_of(x) BETWEEN TIMESTAMPTZ '1000-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-01-01 00:00:00+00';

CREATE OR REPLACE TEMP MACRO is_date(x) AS day_of(x) IS NOT NULL;

CREATE OR REPLACE TEMP MACRO is_texts(x) AS regexp_full_match(x, '\[(?:"[^"]*"(?:,"[^"]*")*)?\]');

CREATE OR REPLACE TEMP MACRO is_names(x) AS
length(x) <= 66 AND regexp_full_match(x, '\[(?:"[^"]+"(?:,"[^"]+")*)?\]');

-- the text that stands for a value in the content hash: instants as microseconds, 16.0 as 16
CREATE OR REPLACE TEMP MACRO hashed_number(x) AS
CASE WHEN x = '-0.0' THEN '0' WHEN ends_with(x, '.0') THEN x[:-3] ELSE x END;

CREATE OR REPLACE TEMP MACRO hashed_moment(x) AS coalesce(cast(epoch_us(instant_of(x)) AS VARCHAR), x);
