"""The folder of one run: inputs and logs made once, and a copy of the log for each measurement."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.event_log.inputs import files_below
from benchmarks.event_log.processes import PROJECT, Result, in_a_process
from benchmarks.event_log.table import note

_LOG_SEED, _NEW_SEED = 7, 8
_DONE = "done.json"


@dataclass(frozen=True)
class Workshop:
    """What one run works with.

    Attributes:
        folder: inputs and logs; kept between runs where the operator names it.
        log_events: events of the log against which files land.
        new_events: lines that land.
        fresh_events: new events that demand series are brought up with.
        small_files: files of a hundred events.
        runs: repetitions of each measurement.
    """

    folder: Path
    log_events: int
    new_events: int
    fresh_events: int
    small_files: int
    runs: int

    def made(self, name: str, job: str, *, to: str = "out", **arguments: object) -> Path:
        """Return a folder of that name, made by a job unless an earlier run made it whole."""
        folder = self.folder / name
        if not (folder / _DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "files").mkdir(parents=True)
            result = in_a_process(job, **{to: folder / "files"}, **arguments)
            (folder / _DONE).write_text(json.dumps(result))
        return folder / "files"

    def market(self, events: int, seed: int, scenario: str = "default") -> Path:
        """Return the event files of a simulated market."""
        name = f"market-{scenario}-{events}-{seed}"
        return self.made(name, "simulate", events=events, seed=seed, scenario=scenario) / "events"

    @property
    def clean(self) -> Path:
        """New files without a bad or repeated line."""
        market = self.market(self.new_events, _NEW_SEED)
        return self.made(f"clean-{self.new_events}", "without_repeats", market=market)

    @property
    def hostile(self) -> Path:
        """New files with 1 % bad and 2 % repeated lines."""
        market = self.market(self.new_events, _NEW_SEED, "hostile")
        return self.made(f"hostile-{self.new_events}", "with_repeats", market=market)

    def parquet(self, payload: str) -> Path:
        """Return the clean files as Parquet."""
        name = f"parquet-{payload}-{self.new_events}"
        return self.made(name, "as_parquet", clean=self.clean, payload=payload)

    def cut_up(self, lines: int) -> tuple[Path, Path]:
        """Return a folder of files of a hundred lines, and one of a single file with the same lines."""
        whole = self.made(f"cut-{self.new_events}-{lines}", "cut_up", clean=self.clean, lines=lines)
        return whole / "many", whole / "one"

    @property
    def history(self) -> Path:
        """Return the folder of `past`, `recent` and `new` events of one market."""
        return self.made(
            f"history-{self.log_events}-{self.fresh_events}",
            "history",
            events=self.log_events,
            new=self.fresh_events,
            recent=self.log_events // 10,
            seed=_LOG_SEED,
        )

    @property
    def as_of(self) -> str:
        """Return the instant by which everything in the history is known."""
        facts: Result = json.loads((self.history.parent / _DONE).read_text())
        return str(facts["as_of"])

    @property
    def elsewhere(self) -> Path:
        """Return as many new events as a day brings, spread over all weeks of the history."""
        market = self.market(self.fresh_events, _NEW_SEED)
        return self.made(f"elsewhere-{self.fresh_events}", "of_other_subjects", market=market)

    @property
    def log(self) -> Path:
        """Return the home of a log of `log_events`."""
        return self._log("past")

    @property
    def small_log(self) -> Path:
        """Return the home of a log of the last tenth of the same events."""
        return self._log("recent")

    @property
    def landing_of_log(self) -> Result:
        """Return what landing the log gave and cost when it was made."""
        result: Result = json.loads((self.log.parent / _DONE).read_text())
        return result

    def _log(self, part: str) -> Path:
        """Land a part of the history; anew where the tables of the log changed."""
        version = hashlib.sha256()
        for file in files_below(PROJECT / "sql" / "migrations"):
            version.update(file.read_bytes())
        stem = f"log-{part}-{self.log_events}-"
        name = stem + version.hexdigest()[:8]
        if not (self.folder / name / _DONE).exists():
            note(f"making the log of {part} events, once ...")
            for old in self.folder.glob(f"{stem}*"):
                shutil.rmtree(old)
        return self.made(name, "land", to="home", paths=[self.history / part])

    @contextmanager
    def home(self, log: Path | None = None) -> Iterator[Path]:
        """Lend a home, new or with a copy of a log."""
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="home-") as folder:
            home = Path(folder, "home")
            if log is None:
                home.mkdir()
            else:
                shutil.copytree(log, home)
            yield home

    def land(self, paths: Sequence[Path], log: Path | None) -> Result:
        """Land files against a log, in a process of its own."""
        with self.home(log) as home:
            return in_a_process("land", home=home, paths=list(paths))

    def measured(self, job: str, **arguments: object) -> Result:
        """Run a job in a home of its own."""
        with self.home() as home:
            return in_a_process(job, home=home, **arguments)

    def repeated(self, *measures: Callable[[], Result]) -> list[list[Result]]:
        """Repeat measurements in turn, so that what else the machine does touches all of them alike."""
        rounds = [[measure() for measure in measures] for _ in range(self.runs)]
        return [list(results) for results in zip(*rounds, strict=True)]
