-- meaning: events that may name a customer: those that hold the id, and those with an escape, which may hide it
-- grain: one event
-- reads: events
CREATE OR REPLACE TEMP TABLE erasure_candidates AS
SELECT
    log_position,
    row_number() OVER (ORDER BY log_position) AS number
FROM events
WHERE
    contains(data, $customer)
    OR contains(data, '\')
    OR contains(attributes, $customer)
    OR contains(attributes, '\')
    OR contains(id, $customer)
    OR contains(subject, $customer)
    OR contains(source, $customer)
    OR contains(sequence, $customer)
    OR contains(dataschema, $customer)
    OR contains(source_file, $customer);
