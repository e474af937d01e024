-- meaning: throws away all that is kept of the projections: it is computed anew from the log
-- grain: none
-- reads: nothing
DELETE FROM usage_facts;
DELETE FROM other_events;
DELETE FROM retraction_targets;
DELETE FROM retracted_spans;
DELETE FROM kept_customers;
DELETE FROM kept_reservation_stretches;
DELETE FROM kept_cloud_usage;
DELETE FROM projection_state;
