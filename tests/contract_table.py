"""The event contract, written down a second time by hand, so that tests need not believe the catalogue.

A row is a type with its version, what its subject names, and its fields with their marks. `?`: absent or null
is fine. Marks: p pseudonym, n name, t text, i instant, w instant or day, d day, c chips >= 0, C chips > 0,
z signed chips, k whole number >= 0, K whole number, h number > 0, H number that is not 0, f number >= 0,
F share in [0, 1], g number, m money >= 0, M money, r exchange rate > 0, cur currency, l list of names,
L list of texts, o object, s schedule, any anything, or the known values of an enumeration a|b|c.
"""

from typing import NamedTuple

_ROWS = """
usage.metered.v1 | - | customer_id:p region:n generation:n period_start:i period_end:i chip_hours:h purchase_option:on_demand|spot|reserved|capacity_block|committed|internal instance_type:t? reservation_id:t?
usage.adjusted.v1 | - | customer_id:p region:n generation:n period_start:i period_end:i chip_hours:H purchase_option:on_demand|spot|reserved|capacity_block|committed|internal instance_type:t? reservation_id:t?
request.denied.v1 | request id | customer_id:p region:n generation:n chips_requested:C chips_granted:c reason:insufficient_capacity|quota|price wanted_hours:f? retry_group_id:t? acceptable_regions:l? acceptable_generations:l?
request.denied.v2 | request id | customer_id:p region:n generation:n chips_requested:C chips_granted:c reason:insufficient_capacity|quota|price wanted_from:w wanted_until:w? retry_group_id:t? acceptable_regions:l? acceptable_generations:l?
waitlist.joined.v1 | waitlist id | customer_id:p region:n generation:n chips:C wanted_from:w wanted_hours:f? acceptable_regions:l? acceptable_generations:l?
waitlist.joined.v2 | waitlist id | customer_id:p region:n generation:n chips:C wanted_from:w wanted_until:w? acceptable_regions:l? acceptable_generations:l?
waitlist.changed.v1 | waitlist id | chips:C
waitlist.converted.v1 | waitlist id | converted_chips:C
waitlist.withdrawn.v1 | waitlist id | reason:t?
reservation.scheduled.v1 | reservation id | customer_id:p region:n generation:n kind:odcr|future_odcr|capacity_block|prelaunch chips:C start:w end:w?
reservation.changed.v1 | reservation id | chips:C? start:w? end:w?
reservation.activated.v1 | reservation id | reason:t?
reservation.expired.v1 | reservation id | reason:t?
reservation.cancelled.v1 | reservation id | reason:t?
capacity.installed.v1 | - | region:n generation:n chips:C
capacity.retired.v1 | - | region:n generation:n chips:C
capacity.stated.v1 | - | region:n generation:n installed:c sellable:c impaired:c? spare:c?
capacity.soldout.v1 | - | region:n generation:n window_start:w window_end:w cap_chips:c
opportunity.changed.v1 | opportunity id | customer_id:p region:n generation:n chips:C stage:t win_probability:F expected_close:d displaces_cloud_chips:z?
order.placed.v1 | order line | chips:C generation:n region:n? customer_id:p? requested_date:d? unit_price:m? currency:cur? lot_chips:C? order_id:t? opportunity_id:t?
order.promised.v1 | order line | chips:C promised_date:d
order.changed.v1 | order line | chips:C? requested_date:d? generation:n? region:n? unit_price:m?
order.cancelled.v1 | order line | chips:C? reason:t?
order.declined.v1 | order line or opportunity id | customer_id:p? region:n? generation:n chips:C reason:no_supply|lead_time|price|export|credit
order.returned.v1 | order line | chips:C disposition:restock|scrap|rma? reason:t?
shipment.dispatched.v1 | order line | shipment_id:t chips:C
shipment.delivered.v1 | order line | shipment_id:t chips:C
contract.committed.v1 | contract id | customer_id:p channel:cloud|direct generation:n region:n? basis:stock|flow schedule:s penalty_per_chip:m? currency:cur?
contract.amended.v1 | contract id | customer_id:p channel:cloud|direct generation:n region:n? basis:stock|flow schedule:s penalty_per_chip:m? currency:cur?
contract.terminated.v1 | contract id | reason:t?
supply.scheduled.v1 | supply ref | generation:n period_start:d period_end:d chips_p10:c chips_p50:c chips_p90:c
supply.revised.v1 | supply ref | generation:n period_start:d period_end:d chips_p10:c chips_p50:c chips_p90:c
supply.received.v1 | supply ref | generation:n chips:C
supply.cancelled.v1 | supply ref | reason:t?
inventory.stated.v1 | - | generation:n region:n? chips:c
price.published.v1 | - | channel:cloud|direct generation:n region:n? purchase_option:on_demand|spot|reserved|capacity_block|committed|internal? term_months:k? unit:chip_hour|chip amount:m currency:cur valid_from:w valid_to:w?
margin.set.v1 | - | channel:cloud|direct generation:n region:n? purchase_option:on_demand|spot|reserved|capacity_block|committed|internal? term_months:k? unit:chip_hour|chip amount:M currency:cur valid_from:w valid_to:w?
product.launched.v1 | generation | predecessor:n? ga_date:d equivalent_chips:h?
sku.defined.v1 | sku | generation:n chips_per_unit:C lot_chips:C?
customer.described.v1 | customer id | segment:n? parent_id:p? country:t?
region.described.v1 | region | channel:cloud|direct? country:t?
restriction.set.v1 | - | generation:n country:t channel:cloud|direct? valid_from:w valid_to:w?
site.limited.v1 | - | region:n power_kw:h kw_per_chip:f? valid_from:w valid_to:w?
fx.set.v1 | - | from:cur to:cur rate:r valid_from:w
calendar.set.v1 | fiscal year | start:d pattern:4-4-5|4-5-4|5-4-4|monthly
event.retracted.v1 | id of the retracted event | retracted_source:t replaced_by:t? reason:t
source.completed.v1 | - | types:L complete_through:i
forecast.published.v1 | run id | as_of:i log_position:k policy_hash:t code_version:t seed:K rows:k content_hash:t
forecast.overridden.v1 | override id | channel:cloud|direct generation:n? region:n? period_start:w period_end:w kind:absolute|factor value:g reason_code:t author:t run_id:t? note:t? expires_at:w?
override.withdrawn.v1 | override id | author:t reason:t?
policy.set.v1 | constraint name | value:any scope:o? valid_from:w valid_to:w? author:t
allocation.proposed.v1 | run id | as_of:i content_hash:t rows:k author:t? note:t?
allocation.approved.v1 | run id | as_of:i content_hash:t rows:k author:t? note:t?
allocation.rejected.v1 | run id | as_of:i content_hash:t rows:k author:t? note:t?
"""  # noqa: E501 a row of the contract is a row here


class Mark(NamedTuple):
    """Kind of a field, and whether it may be absent."""

    kind: str
    is_optional: bool


class Row(NamedTuple):
    """A type: what its subject names (`-`: none needed), and its fields."""

    subject: str
    fields: dict[str, Mark]


COMMON = {"sku": Mark("t", True), "segment": Mark("n", True), "need_id": Mark("t", True)}
COMMON["contract_id"] = Mark("t", True)


def _row(subject: str, fields: str) -> Row:
    marks = (field.split(":") for field in fields.split())
    return Row(subject, {name: Mark(kind.removesuffix("?"), kind.endswith("?")) for name, kind in marks})


TYPES = {
    f"trn.{name}": _row(subject, fields)
    for name, subject, fields in (
        [cell.strip() for cell in line.split("|", 2)] for line in _ROWS.strip().splitlines()
    )
}
