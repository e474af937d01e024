-- meaning: batches of which the account of landing says that other events landed than the chain has sealed
-- grain: one batch
-- reads: landing_manifest, log_chain
WITH
told AS (
    SELECT
        batch_id,
        sum(landed) AS landed
    FROM landing_manifest
    GROUP BY batch_id
),

sealed AS (
    SELECT
        batch_id,
        sum(events) AS events
    FROM log_chain
    WHERE kind <> 'erasure'
    GROUP BY batch_id
)

SELECT
    told.batch_id,
    cast(told.landed AS BIGINT) AS landed,
    cast(coalesce(sealed.events, 0) AS BIGINT) AS events
FROM told
LEFT JOIN sealed ON told.batch_id = sealed.batch_id
WHERE told.landed <> coalesce(sealed.events, 0)
ORDER BY told.batch_id;
