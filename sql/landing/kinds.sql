-- meaning: proofs that a JSON value, without its quotes and without escapes, is of a kind of the contract; a
--          proof may fail for a rare but right form: such a line is judged outside SQL, never refused here.
--          Whether a value stands in quotes where it must is part of the proof of its line
-- grain: one macro a kind of pipeline.schemas.events.kinds
-- reads: nothing
CREATE OR REPLACE TEMP MACRO number_of(x) AS try_cast(x AS DOUBLE);

CREATE OR REPLACE TEMP MACRO instant_of(x) AS
CASE
    WHEN
        regexp_full_match(
            x,
            '[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{1,6})?'
            || '(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])'
        )
        THEN try_cast(x AS TIMESTAMPTZ)
END;

CREATE OR REPLACE TEMP MACRO day_of(x) AS
CASE
    WHEN regexp_full_match(x, '[12][0-9]{3}-[0-9]{2}-[0-9]{2}')
        THEN try_cast(x || 'T00:00:00Z' AS TIMESTAMPTZ)
END;

CREATE OR REPLACE TEMP MACRO moment_of(x) AS CASE WHEN length(x) = 10 THEN day_of(x) ELSE instant_of(x) END;

CREATE OR REPLACE TEMP MACRO is_text(x) AS x IS NOT NULL;

CREATE OR REPLACE TEMP MACRO is_name64(x) AS length(x) BETWEEN 1 AND 64;

CREATE OR REPLACE TEMP MACRO is_pseudonym128(x) AS length(x) BETWEEN 1 AND 128;

CREATE OR REPLACE TEMP MACRO is_whole(x) AS regexp_full_match(x, '-?[0-9]{1,15}(?:\.0+)?');

CREATE OR REPLACE TEMP MACRO is_chips(x) AS is_whole(x);

CREATE OR REPLACE TEMP MACRO is_number(x) AS regexp_full_match(x, '-?[0-9]{1,15}(?:\.[0-9]+)?');

CREATE OR REPLACE TEMP MACRO is_money(x) AS regexp_full_match(x, '-?[0-9]{1,18}(?:\.[0-9]{1,18})?');

CREATE OR REPLACE TEMP MACRO is_rate(x) AS is_money(x);

CREATE OR REPLACE TEMP MACRO is_currency(x) AS regexp_full_match(x, '[A-Z]{3}');

CREATE OR REPLACE TEMP MACRO is_instant(moment) AS
moment BETWEEN TIMESTAMPTZ '1000-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-01-01 00:00:00+00';

CREATE OR REPLACE TEMP MACRO is_moment(moment) AS is_instant(moment);

CREATE OR REPLACE TEMP MACRO is_date(moment) AS is_instant(moment);

CREATE OR REPLACE TEMP MACRO is_texts(x) AS regexp_full_match(x, '\[(?:"[^"]*"(?:,"[^"]*")*)?\]');

CREATE OR REPLACE TEMP MACRO is_names(x) AS
length(x) <= 66 AND regexp_full_match(x, '\[(?:"[^"]+"(?:,"[^"]+")*)?\]');

-- the text that stands for a value in the content hash: numbers without trailing noughts, instants in UTC
CREATE OR REPLACE TEMP MACRO number_text(x) AS
CASE
    WHEN ends_with(x, '.0') AND x <> '-0.0' THEN x[:-3]
    WHEN ends_with(x, '0') AND (contains(x, '.') OR x = '-0')
        THEN if(number_of(x) = 0, '0', rtrim(rtrim(x, '0'), '.'))
    ELSE x
END;

CREATE OR REPLACE TEMP MACRO instant_text(x, moment) AS
CASE
    WHEN length(x) IN (10, 20) THEN x
    WHEN epoch_us(moment) % 1000000 = 0 THEN strftime(moment, '%Y-%m-%dT%H:%M:%SZ')
    ELSE strftime(moment, '%Y-%m-%dT%H:%M:%S.%fZ')
END;

-- the envelope's own rules
CREATE OR REPLACE TEMP MACRO fits_uri_reference(x) AS
regexp_full_match(x, '(?:[A-Za-z0-9\-._~:/?#\[\]@!$&''()*+,;=]|%[0-9A-Fa-f]{2})+');

CREATE OR REPLACE TEMP MACRO falls_in_the_log(moment) AS
moment >= TIMESTAMPTZ '2000-01-01 00:00:00+00' AND moment < TIMESTAMPTZ '2200-01-01 00:00:00+00';

CREATE OR REPLACE TEMP MACRO needs_escapes(x) AS regexp_matches(x, '["\\\x00-\x1f]');

-- the JSON of a value that is not NULL
CREATE OR REPLACE TEMP MACRO json_of_text(x) AS if(needs_escapes(x), cast(to_json(x) AS VARCHAR), '"' || x || '"');

CREATE OR REPLACE TEMP MACRO json_of_number(x) AS cast(to_json(x) AS VARCHAR);

CREATE OR REPLACE TEMP MACRO json_of_day(x) AS '"' || cast(x AS VARCHAR) || '"';

CREATE OR REPLACE TEMP MACRO json_of_instant(x) AS '"' || instant_text('', x) || '"';
