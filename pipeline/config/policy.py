"""What we decide: numbers that change a figure, read from TOML, frozen, hashed into every run."""

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from pipeline.core.errors import UsageError
from pipeline.core.ids import canonical_json, content_hash

SHIPPED_POLICY = Path(__file__).with_name("policy.toml")

Section = TypeVar("Section")


@dataclass(frozen=True)
class DemandPolicy:
    """How requests become needs, and needs become installs."""

    need_window_days: int
    need_silent_days: int
    spare_share: float
    peak_weeks: int


@dataclass(frozen=True)
class ForecastPolicy:
    """How far, how often and from how much history a series is forecast."""

    horizon_weeks: int
    season_weeks: int
    paths: int
    seed: int
    min_weeks: int
    min_weeks_season: int
    ended_weeks: int
    chunk_nodes: int
    least_change_share: float
    residual_weeks: int
    residual_inflation: float
    offset_share: float
    trend_limit: float
    damping_limit: float
    spread_limit: float
    path_ceiling: float
    demand_interval: float


@dataclass(frozen=True)
class ReconciliationPolicy:
    """At which earlier origins nodes are forecast, to learn how they err and what reconciles them best."""

    weeks: int
    error_weeks: int
    origins: int
    origins_every_weeks: int
    judged_origins: int


@dataclass(frozen=True)
class BacktestPolicy:
    """Which past instants are replayed and how far ahead they are judged."""

    lags_weeks: tuple[int, ...]
    origins: int
    origins_every_weeks: int


@dataclass(frozen=True)
class AllocationPolicy:
    """What a chip earns over its life and which decisions are already taken."""

    frozen_weeks: int
    useful_life_weeks: int
    utilisation: float
    discount_rate_year: float


@dataclass(frozen=True)
class FiscalPolicy:
    """The fiscal calendar where no `calendar.set` event gives one."""

    pattern: str
    year_start_month: int


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
        UsageError: no such file, no TOML, an unknown or missing section or key, a wrong type.
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
    types = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    _require_same(f"key in [{name}]", set(values), set(types), file)
    return kind(**{key: _value(f"{name}.{key}", types[key], values[key], file) for key in types})


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
