"""Reads a simulation back without any of the pipeline's readers."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline.simulation import SimulationSummary
from tests.unit.simulation.contract_checker import parse


def raw_lines(out: Path) -> Iterator[bytes]:
    """Yield every line of every event file, in the order of the names."""
    for path in sorted((out / "events").iterdir()):
        if path.suffix == ".gz":
            content = gzip.decompress(path.read_bytes())
        elif path.suffix == ".zst":
            content = pa.input_stream(str(path), compression="zstd").read()
        else:
            content = path.read_bytes()
        assert content.endswith(b"\n")
        yield from content[:-1].split(b"\n")


@dataclass(frozen=True)
class Simulated:
    """A simulation, its lines parsed, each event once and without the retracted ones."""

    summary: SimulationSummary
    lines: list[dict[str, Any]]
    events: list[dict[str, Any]]
    facts: dict[str, Any]

    def table(self, name: str) -> pl.DataFrame:
        """Return a table of the truth."""
        return pl.read_parquet(self.summary.out / "truth" / f"{name}.parquet")

    def of(self, *types: str) -> pl.DataFrame:
        """Return envelope and payload of types as one frame, instants, chips and hours as such."""
        wanted = {f"trn.{name}.v1" for name in types}
        rows = [_row(event) for event in self.events if event["type"] in wanted]
        frame = pl.DataFrame(rows, infer_schema_length=None)
        instants = [
            name for name in frame.columns if name in _INSTANTS and "T" in frame[name].drop_nulls().max()
        ]
        numbers = [name for name in frame.columns if name in _NUMBERS]
        return frame.with_columns(
            *(
                pl.col(name).str.replace("+00:00", "Z", literal=True).str.to_datetime("%Y-%m-%dT%H:%M:%SZ")
                for name in instants
            ),
            *(pl.col(name).cast(pl.Float64) for name in numbers),
        )


def _row(event: dict[str, Any]) -> dict[str, Any]:
    envelope = {name: event.get(name) for name in ("id", "subject", "time", "recordedtime", "sequence")}
    payload = {
        key: json.dumps(value) if isinstance(value, list | dict) else value
        for key, value in event["data"].items()
    }
    return envelope | {"type": event["type"].removeprefix("trn.").removesuffix(".v1")} | payload


_INSTANTS = {"time", "recordedtime", "period_start", "period_end", "start", "end", "complete_through"}
_INSTANTS |= {"window_start", "window_end", "wanted_from", "valid_from"}
_NUMBERS = {
    "chips",
    "chip_hours",
    "installed",
    "sellable",
    "converted_chips",
    "chips_requested",
    "chips_granted",
}
_NUMBERS |= {"chips_p10", "chips_p50", "chips_p90", "cap_chips", "impaired", "spare"}


def read_simulation(summary: SimulationSummary) -> Simulated:
    """Parse a simulation without hostile lines."""
    lines = [parse(line.decode()) for line in raw_lines(summary.out)]
    retracted = {event["subject"] for event in lines if event["type"] == "trn.event.retracted.v1"}
    once = {(event["source"], event["id"]): event for event in lines}
    events = [event for event in once.values() if event["id"] not in retracted]
    facts = json.loads((summary.out / "truth" / "truth.json").read_text(encoding="utf-8"))
    return Simulated(summary, lines, events, facts)
