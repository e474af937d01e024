"""Landing: files of events, or of anything a source mapping reads, become events of the log."""

from pipeline.landing.appending import append_events
from pipeline.landing.files import digest_of, find_files
from pipeline.landing.landing import land_files
from pipeline.landing.mappings import mapping_names
from pipeline.landing.relanding import read_repairs, reland
from pipeline.landing.report import FileReport, LandingReport

__all__ = [
    "FileReport",
    "LandingReport",
    "append_events",
    "digest_of",
    "find_files",
    "land_files",
    "mapping_names",
    "read_repairs",
    "reland",
]
