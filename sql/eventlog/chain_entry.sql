-- meaning: adds an entry to the chain
-- grain: one entry
-- reads: nothing
INSERT INTO log_chain
VALUES (
    $entry_number,
    $kind,
    $batch_id,
    $first_position,
    $last_position,
    $events,
    $form,
    $salt,
    $content_digest,
    $previous_hash,
    $entry_hash,
    $sealed_at
);
