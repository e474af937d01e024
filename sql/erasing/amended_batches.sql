-- meaning: sealed batches that hold rewritten events
-- grain: one batch, in the order of positions
-- reads: log_chain, rewritten_events
SELECT DISTINCT
    log_chain.batch_id,
    log_chain.first_position,
    log_chain.last_position
FROM log_chain
INNER JOIN
    rewritten_events
    ON
        log_chain.first_position <= rewritten_events.log_position
        AND log_chain.last_position >= rewritten_events.log_position
WHERE log_chain.kind <> 'erasure'
ORDER BY log_chain.first_position;
