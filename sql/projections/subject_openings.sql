-- meaning: which event opens the subject that an event type speaks about, both in their newest version
-- grain: one event type that needs an opening
-- reads: nothing
CREATE OR REPLACE MACRO subject_openings() AS TABLE
    WITH openings (type, opening_type) AS (
        VALUES
        ('trn.waitlist.changed.v1', 'trn.waitlist.joined.v2'),
        ('trn.waitlist.converted.v1', 'trn.waitlist.joined.v2'),
        ('trn.waitlist.withdrawn.v1', 'trn.waitlist.joined.v2'),
        ('trn.reservation.changed.v1', 'trn.reservation.scheduled.v1'),
        ('trn.reservation.activated.v1', 'trn.reservation.scheduled.v1'),
        ('trn.reservation.expired.v1', 'trn.reservation.scheduled.v1'),
        ('trn.reservation.cancelled.v1', 'trn.reservation.scheduled.v1'),
        ('trn.order.promised.v1', 'trn.order.placed.v1'),
        ('trn.order.changed.v1', 'trn.order.placed.v1'),
        ('trn.order.cancelled.v1', 'trn.order.placed.v1'),
        ('trn.order.returned.v1', 'trn.order.placed.v1'),
        ('trn.shipment.dispatched.v1', 'trn.order.placed.v1'),
        ('trn.shipment.delivered.v1', 'trn.order.placed.v1'),
        ('trn.contract.amended.v1', 'trn.contract.committed.v1'),
        ('trn.contract.terminated.v1', 'trn.contract.committed.v1'),
        ('trn.supply.revised.v1', 'trn.supply.scheduled.v1'),
        ('trn.supply.received.v1', 'trn.supply.scheduled.v1'),
        ('trn.supply.cancelled.v1', 'trn.supply.scheduled.v1'),
        ('trn.override.withdrawn.v1', 'trn.forecast.overridden.v1'),
        ('trn.allocation.approved.v1', 'trn.allocation.proposed.v1'),
        ('trn.allocation.rejected.v1', 'trn.allocation.proposed.v1')
    )

    SELECT
        type,
        opening_type
    FROM openings;
