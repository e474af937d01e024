"""Great Expectations behind one function. Nothing else imports it: it costs seconds to load.

It rejects Polars frames, so the columns that the rules read are handed over as pandas. Asking it for the
keys of the failing rows costs 18 s at 100,000 rows (measured); the gate finds them itself.
"""

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from pipeline.core.errors import TerminalError
from pipeline.quality.suite import Rule

_EXAMPLES = 3
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": _EXAMPLES}


def validate(
    name: str, rules: Sequence[Rule], frame: pl.DataFrame, parameters: Mapping[str, object]
) -> dict[str, Mapping[str, Any]]:
    """Run the rules on the frame; return Great Expectations' JSON result by the rule's name.

    Raises:
        TerminalError: Great Expectations does not take a rule, or leaves one without a result.
    """
    with _quiet():
        expectations, data = _load()
        try:
            suite = expectations(
                name=name,
                expectations=[dict(rule.expectation) for rule in rules],
                suite_parameters=dict(parameters),
            )
        except (TypeError, ValueError) as error:
            raise TerminalError(f"suite '{name}': Great Expectations does not take a rule: {error}") from None
        _require_all(name, rules, {item.meta["name"] for item in suite.expectations})
        batch = data.get_batch({"dataframe": frame.to_pandas()})
        report = batch.validate(suite, result_format=_RESULT_FORMAT, expectation_parameters=dict(parameters))
        results = {result.expectation_config.meta["name"]: result.to_json_dict() for result in report.results}
    _require_all(name, rules, set(results))
    return results


def _load() -> tuple[Any, Any]:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    settings = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=settings)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return ExpectationSuite, asset.add_batch_definition_whole_dataframe("whole")


def _require_all(name: str, rules: Sequence[Rule], seen: set[str]) -> None:
    # An expectation that it cannot parse is logged and left out, which would let the gate pass.
    if lost := [rule.name for rule in rules if rule.name not in seen]:
        raise TerminalError(
            f"suite '{name}': Great Expectations does not take {', '.join(lost)}; "
            f"compare type and kwargs in expectations/{name}.json with its documentation"
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep its deprecation warnings and log lines to itself; what matters is in the results."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
