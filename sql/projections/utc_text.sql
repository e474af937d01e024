-- meaning: a moment of the UTC clock as RFC 3339 writes it, which knows no year beyond 9999
-- grain: one value: VARCHAR; NULL stays NULL
-- reads: nothing
CREATE OR REPLACE MACRO utc_text(moment) AS
CASE
    WHEN moment IS NOT NULL
        THEN strftime(least(moment, TIMESTAMP '9999-12-31 23:59:59.999999'), '%Y-%m-%dT%H:%M:%S.%fZ')
END;
