-- meaning: commitments to customers, schedules written out. An amendment replaces the terms as a whole; a step
--          without an end runs until the next one starts; a termination cuts what runs and drops what would
--          start later
-- grain: one step of a contract's schedule
-- columns: contract_id, customer_id, channel, generation, region (NULL: any), basis ('stock': chips held;
--          'flow': chips delivered in the step), start_at, end_at (TIMESTAMPTZ; NULL: no end), chips (chips),
--          penalty_per_chip (in currency; NULL: none), currency
-- reads: subject_steps
CREATE OR REPLACE MACRO contracts(as_of, up_to_position := 9223372036854775807) AS TABLE
    WITH terms AS (
        SELECT
            subject,
            arg_max(data, step) FILTER (WHERE type <> 'trn.contract.terminated.v1') AS data,
            coalesce(
                min(utc_clock(time)) FILTER (WHERE type = 'trn.contract.terminated.v1'), TIMESTAMP 'infinity'
            ) AS terminated_at
        FROM
            subject_steps(
                as_of,
                up_to_position,
                'trn.contract.committed.v1',
                ['trn.contract.amended.v1', 'trn.contract.terminated.v1']
            )
        GROUP BY subject
    ),

    scheduled AS (
        SELECT
            subject,
            data,
            terminated_at,
            unnest(cast(data -> 'schedule' AS JSON[])) AS entry
        FROM terms
    ),

    dated AS (
        SELECT
            subject,
            data,
            terminated_at,
            cast(entry ->> 'chips' AS BIGINT) AS chips,
            utc_moment(entry ->> 'start') AS start_at,
            coalesce(
                utc_moment(entry ->> 'end'),
                lead(utc_moment(entry ->> 'start')) OVER (
                    PARTITION BY subject ORDER BY utc_moment(entry ->> 'start')
                ),
                TIMESTAMP 'infinity'
            ) AS end_at
        FROM scheduled
    )

    SELECT
        subject AS contract_id,
        chips,
        cast(data ->> 'penalty_per_chip' AS DOUBLE) AS penalty_per_chip,
        data ->> 'customer_id' AS customer_id,
        data ->> 'channel' AS channel,
        data ->> 'generation' AS generation,
        data ->> 'region' AS region,
        data ->> 'basis' AS basis,
        start_at AT TIME ZONE 'UTC' AS start_at,
        nullif(least(end_at, terminated_at), TIMESTAMP 'infinity') AT TIME ZONE 'UTC' AS end_at,
        data ->> 'currency' AS currency
    FROM dated
    WHERE start_at < terminated_at;
