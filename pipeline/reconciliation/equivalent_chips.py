"""How many chips of the oldest generation one chip of each generation replaces."""

import polars as pl


def equivalent_factors(generations: pl.DataFrame) -> dict[str, float]:
    """Multiply `equivalent_chips` along the chain of predecessors; a generation without predecessor counts 1.

    `generations`: generation, predecessor, equivalent_chips. A generation is absent from the answer where
    the chain is unknown: not described, a link without `equivalent_chips`, or predecessors in a circle.
    """
    links = {
        name: (predecessor, chips)
        for name, predecessor, chips in generations.select(
            "generation", "predecessor", "equivalent_chips"
        ).iter_rows()
    }
    factors = {name: _factor(name, links) for name in links}
    return {name: factor for name, factor in factors.items() if factor is not None}


def _factor(name: str, links: dict[str, tuple[str | None, float | None]]) -> float | None:
    factor = 1.0
    visited = set()
    while name in links and name not in visited:
        visited.add(name)
        predecessor, chips = links[name]
        if predecessor is None:
            return factor
        if chips is None:
            return None
        factor *= float(chips)
        name = predecessor
    return None
