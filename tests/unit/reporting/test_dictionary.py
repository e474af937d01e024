"""The dictionary names everything that is declared, and the committed one is today's."""

from pathlib import Path

import pytest

from pipeline.core.errors import TerminalError
from pipeline.reporting import data_dictionary
from pipeline.reporting.macro_headers import read_macros
from pipeline.schemas.events import CATALOGUE
from pipeline.schemas.tables import ALL_TABLES
from pipeline.store import SQL_FOLDER

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "data-dictionary.md"


def test_the_committed_dictionary_is_up_to_date() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == data_dictionary(), (
        "refresh it: python -m pipeline dictionary > docs/data-dictionary.md"
    )


def test_every_table_column_macro_and_event_type_is_in_the_dictionary() -> None:
    text = data_dictionary()
    for table in ALL_TABLES:
        section = text.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
        for column in table.columns:
            assert f"| `{column.name}` |" in section, f"{table.name}.{column.name}"
    for file in (SQL_FOLDER / "projections").glob("*.sql"):
        assert f"### {file.stem}\n" in text or f"`{file.stem}(" in text, file.stem
    for name, entry in CATALOGUE.items():
        section = text.split(f"\n#### {name}\n")[1].split("\n#### ")[0]
        for field in entry.own_fields:
            assert f"| `{field.name}` |" in section, f"{name}.{field.name}"


def test_a_header_over_several_lines_is_read_as_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "needs.sql").write_text(
        "-- meaning: needs of customers,\n--          chained\n-- grain: one need\n-- reads: events\n"
        "CREATE OR REPLACE MACRO needs(as_of, up_to_position := 9) AS TABLE SELECT 1;\n",
        encoding="utf-8",
    )
    (macro,) = read_macros(tmp_path)
    assert (macro.name, macro.meaning, macro.grain) == ("needs", "needs of customers, chained", "one need")
    assert macro.is_projection


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CREATE OR REPLACE MACRO a(x) AS x;", "the header says no meaning, grain, reads"),
        ("-- meaning: m\n-- grain: g\n-- reads: r\nSELECT 1;", "no CREATE OR REPLACE MACRO"),
    ],
)
def test_a_macro_that_says_nothing_about_itself_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.sql").write_text(text, encoding="utf-8")
    with pytest.raises(TerminalError, match=told):
        read_macros(tmp_path)
