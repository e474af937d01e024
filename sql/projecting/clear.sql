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
DELETE FROM kept_demand_feeds;
DELETE FROM kept_order_lines;
DELETE FROM kept_declines;
DELETE FROM kept_need_signals;
DELETE FROM kept_need_spans;
DELETE FROM projection_state;
