"""A short account of what was landed, forecast and allocated, for a terminal."""

from pipeline.reporting import render_table
from pipeline.runs.context import the_settings
from pipeline.runs.sample_paths import sample_paths_of
from pipeline.store import read_frame, reader, sql_text

PARTS = (("Landed", "summary_landed"), ("Forecast", "summary_forecast"), ("Allocated", "summary_allocated"))


def summarise_latest() -> str:
    """Return the account of the run whose reports are the latest."""
    return summarise((the_settings().reports / "latest").resolve().name)


def summarise(run_id: str) -> str:
    """Return one small table each for landing, forecast and allocation, and where to read on."""
    settings = the_settings()
    lines = []
    with reader(settings.published) as connection:
        for title, name in PARTS:
            text = sql_text(f"runs/{name}")
            frame = read_frame(connection, text, {"run_id": run_id} if "$run_id" in text else {})
            lines += [f"{title}:", render_table(frame, csv=False)]
    places = {"reports": settings.reports / run_id, "paths": sample_paths_of(run_id)}
    lines += [
        f"run      {run_id}",
        *(f"{name:<9}{place}" for name, place in places.items() if place.exists()),
        f"database {settings.published}",
    ]
    return "\n".join(lines) + "\n"
