"""What we decide: numbers that change a figure, read from TOML, frozen, hashed into every run."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from pipeline.core.errors import UsageError
from pipeline.core.ids import canonical_json, content_hash

SHIPPED_POLICY = Path(__file__).with_name("policy.toml")

Section = TypeVar("Section")


def _within(least: float, most: float = math.inf) -> Any:  # noqa: ANN401  a field of any type
    return field(metadata={"least": least, "most": most})


@dataclass(frozen=True)
class DemandPolicy:
    """How requests become needs, and needs become installs."""

    need_window_days: int = _within(0)
    need_silent_days: int = _within(1)
    spare_share: float = _within(0, 0.99)
    peak_weeks: int = _within(1)


@dataclass(frozen=True)
class ForecastPolicy:
    """How far, how often and from how much history a series is forecast."""

    horizon_weeks: int = _within(1, 520)
    season_weeks: int = _within(1)
    paths: int = _within(2, 100_000)
    seed: int = _within(0)
    min_weeks: int = _within(4)
    min_weeks_season: int = _within(4)
    ended_weeks: int = _within(1)
    chunk_nodes: int = _within(1)
    least_change_share: float = _within(0, 1)
    residual_weeks: int = _within(1, 5200)
    residual_inflation: float = _within(0.01, 100)
    offset_share: float = _within(0.001, 100)
    trend_limit: float = _within(0.001, 1)
    damping_limit: float = _within(0.001, 1)
    spread_limit: float = _within(0.001, 100)
    path_ceiling: float = _within(1, 1e6)
    demand_interval: float = _within(1, 1e6)


@dataclass(frozen=True)
class ReconciliationPolicy:
    """At which earlier origins nodes are forecast, to learn how they err and what reconciles them best."""

    weeks: int = _within(1, 520)
    error_weeks: int = _within(1)
    origins: int = _within(0, 520)
    origins_every_weeks: int = _within(1)
    judged_origins: int = _within(0)


@dataclass(frozen=True)
class BacktestPolicy:
    """Which past instants are replayed and how far ahead they are judged."""

    lags_weeks: tuple[int, ...] = _within(1, 520)
    origins: int = _within(1, 520)
    origins_every_weeks: int = _within(1)


@dataclass(frozen=True)
class AllocationPolicy:
    """What a chip earns over its life and which decisions are already taken."""

    frozen_weeks: int = _within(0)
    useful_life_weeks: int = _within(1)
    utilisation: float = _within(0, 1)
    discount_rate_year: float = _within(0, 1)


@dataclass(frozen=True)
class FiscalPolicy:
    """The fiscal calendar where no `calendar.set` event gives one."""

    pattern: str
    year_start_month: int = _within(1, 12)


@dataclass(frozen=True)
class Policy:
    """All sections; `hash` identifies their values, whatever the file's comments say."""

    demand: DemandPolicy
    forecast: ForecastPolicy
    reconciliation: ReconciliationPolicy
    backtest: BacktestPolicy
    allocation: AllocationPolicy
    fiscal: FiscalPolicy

    @property
    def hash(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the values."""
        return content_hash(canonical_json(asdict(self)))[:16]


def load_policy(path: Path | None = None) -> Policy:
    """Read a policy file, by default the one that ships.

    Raises:
        UsageError: no such file, no TOML, an unknown or missing section or key, a wrong type, a number that
            cannot be.
    """
    file = path or SHIPPED_POLICY
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"policy {file}: {error}") from None
    sections = {
        "demand": DemandPolicy,
        "forecast": ForecastPolicy,
        "reconciliation": ReconciliationPolicy,
        "backtest": BacktestPolicy,
        "allocation": AllocationPolicy,
        "fiscal": FiscalPolicy,
    }
    _require_same("section", set(content), set(sections), file)
    return Policy(**{name: _section(name, kind, content[name], file) for name, kind in sections.items()})


def _section(name: str, kind: type[Section], values: dict[str, Any], file: Path) -> Section:
    known = {key.name: key for key in fields(kind)}  # type: ignore[arg-type]
    _require_same(f"key in [{name}]", set(values), set(known), file)
    read = {key: _value(f"{name}.{key}", known[key].type, values[key], file) for key in known}
    for key, value in read.items():
        _require_within(f"{name}.{key}", value, known[key].metadata, file)
    return kind(**read)


def _require_within(key: str, value: Any, bounds: Mapping[str, float], file: Path) -> None:  # noqa: ANN401
    """Refuse numbers out of bounds, not-a-number, and an empty list of numbers."""
    numbers = value if isinstance(value, tuple) else (value,)
    if bounds and not (numbers and all(bounds["least"] <= one <= bounds["most"] for one in numbers)):
        upwards = bounds["most"] == math.inf
        told = f"{bounds['least']:g} or more" if upwards else f"{bounds['least']:g} to {bounds['most']:g}"
        raise UsageError(f"policy {file}: {key} = {value!r}, but it must be {told}")


def _value(key: str, kind: object, value: object, file: Path) -> object:
    if kind is int and type(value) is int:
        return value
    if kind is float and type(value) in {int, float}:
        return float(value)  # type: ignore[arg-type]
    if kind is str and type(value) is str:
        return value
    if kind == tuple[int, ...] and isinstance(value, list) and all(type(item) is int for item in value):
        return tuple(value)
    raise UsageError(f"policy {file}: {key} = {value!r}, but it must be {kind}")


def _require_same(what: str, got: set[str], allowed: set[str], file: Path) -> None:
    if unknown := sorted(got - allowed):
        raise UsageError(
            f"policy {file}: unknown {what}: {', '.join(unknown)}; known: {', '.join(sorted(allowed))}"
        )
    if missing := sorted(allowed - got):
        raise UsageError(f"policy {file}: missing {what}: {', '.join(missing)}")
