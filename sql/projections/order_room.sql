-- meaning: chips of an order line that are neither cancelled nor shipped yet
-- grain: one value: chips, >= 0
-- reads: nothing
CREATE OR REPLACE MACRO order_room(was) AS
greatest(0, was.ordered - was.cancelled - was.shipped);
