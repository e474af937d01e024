"""What the columns of the truth tables mean."""

_SERIES = {
    "channel": "cloud or direct",
    "segment": "of the customer",
    "generation": "of the chips",
    "region": "where they are rented, or shipped to",
    "period_start": "Monday of the week",
}
COLUMNS: dict[str, dict[str, str]] = {
    "demand": _SERIES
    | {
        "demand_chips": "cloud: chips wanted before any cap (a stock); direct: ordered and unmet (a flow)",
        "observed_chips": "cloud: chips held, used or idle; direct: ordered in the week, net of all changes",
        "unmet_chips": "cloud: wanted and not held; direct: declined for want of supply or for the lead time",
        "metered_chips": "cloud: chip-hours used over 168; direct: null",
        "reserved_idle_chips": "cloud: chips of reservations that nobody used; direct: null",
    },
    "capacity": {
        "generation": "of the chips",
        "region": "where they stand",
        "period_start": "Monday of the week",
        "installed_chips": "chips in place",
        "sellable_chips": "installed less impaired and spare",
        "demand_chips": "chips wanted, all segments",
        "is_soldout": "whether more was wanted than sellable",
    },
    "diversion": {
        "customer_id": "who moved",
        "kind": "to_direct: from the cloud to bought chips; to_cloud: from own chips to the cloud",
        "order_week": "Monday of the week of the order that starts it (to_cloud: no order follows)",
        "delivery_week": "Monday of the week from which the cloud demand shifts, over four weeks",
        "chips_bought": "in chips of trn2 (to_cloud: own chips that the cloud replaces)",
        "diversion_share": "cloud chips given up per chip bought; negative: the cloud gains",
        "displaced_chips": "cloud chips of trn2 gone (negative: gained) once the shift is complete",
    },
    "substitution": {
        "generation": "of the chips",
        "period_start": "Monday of the week, the announced future included",
        "adoption_share": "share of the average customer's demand, in equivalents, that the generation takes",
    },
    "waitlists": {
        "waitlist_id": "subject of the events",
        "need_id": "need that it belongs to",
        "customer_id": "who waits",
        "region": "where",
        "generation": "for what",
        "joined_week": "Monday of the week in which it opened",
        "ended_week": "Monday of the week in which it ended; the end of the history where it is still open",
        "chips_asked": "when it was joined",
        "chips_missing": "that were truly missing then",
        "inflation": "chips asked for over chips missing, of this customer",
        "outcome": "converted, withdrawn or open",
        "chips_converted": "0 unless converted",
    },
    "margins": {
        "channel": "cloud or direct",
        "generation": "of the chips",
        "region": "of the customer's use",
        "unit": "chip_hour or chip",
        "amount": "decimal text",
        "currency": "ISO 4217",
        "week": "of the history from which it holds",
    },
    "customers": {
        "customer_id": "pseudonym",
        "segment": "as described",
        "region": "home",
        "is_anchor": "has half of the cloud demand",
        "is_buyer": "orders hardware",
        "inflation": "chips asked for while waiting over chips missing",
        "adoption_delay_weeks": "weeks later than the market in moving to a new generation",
    },
}
