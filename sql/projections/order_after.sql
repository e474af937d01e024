-- meaning: an order line's quantities after one more step. A cancellation takes at most what is open, one
--          without chips all of it; a decline of a placed line closes it like a cancellation; a lower total
--          gives back cancellations that no longer fit in it. What did not fit is counted as over_cancelled
-- grain: one value: STRUCT of chips (ordered, cancelled, of which declined, shipped, over_cancelled)
-- reads: nothing
CREATE OR REPLACE MACRO order_after(was, step_type, step_chips, step_shipped_chips) AS
CASE
    WHEN step_type IN ('trn.order.placed.v1', 'trn.order.changed.v1')
        THEN {
            'ordered': step_chips,
            'cancelled': least(was.cancelled, greatest(0, step_chips - was.shipped)),
            'declined': least(was.declined, greatest(0, step_chips - was.shipped)),
            'shipped': was.shipped,
            'over_cancelled':
            was.over_cancelled + was.cancelled - least(was.cancelled, greatest(0, step_chips - was.shipped))
        }
    WHEN step_type = 'trn.order.cancelled.v1'
        THEN {
            'ordered': was.ordered,
            'cancelled': was.cancelled + least(coalesce(step_chips, order_room(was)), order_room(was)),
            'declined': was.declined,
            'shipped': was.shipped,
            'over_cancelled': was.over_cancelled + greatest(0, coalesce(step_chips, 0) - order_room(was))
        }
    WHEN step_type = 'trn.order.declined.v1'
        THEN {
            'ordered': was.ordered,
            'cancelled': was.cancelled + least(step_chips, order_room(was)),
            'declined': was.declined + least(step_chips, order_room(was)),
            'shipped': was.shipped,
            'over_cancelled': was.over_cancelled
        }
    ELSE {
        'ordered': was.ordered,
        'cancelled': was.cancelled,
        'declined': was.declined,
        'shipped': was.shipped + step_shipped_chips,
        'over_cancelled': was.over_cancelled
    }
END;
