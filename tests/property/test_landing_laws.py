import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.landing.judging import Event, judge
from pipeline.landing.parsing import Refusal
from tests.event_lines import ANYTHING, garbled, lines
from tests.landing_world import event, land, open_log, require_exact_account, rows, usage, write_lines

LAWS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def fates_in_the_log(texts: list[str]) -> tuple[list[tuple[Any, ...] | None], dict[int, str]]:
    """Land the lines; return each line's event, if it landed, and the reasons of the others by line."""
    with TemporaryDirectory() as folder, open_log() as connection:
        path = write_lines(Path(folder) / "lines.jsonl", [text.replace("\n", " ") for text in texts])
        report = land(connection, path)
        require_exact_account(connection, path, report)
        landed = rows(
            connection,
            "SELECT source_line, source, id, type, subject, epoch_us(time), epoch_us(recordedtime), "
            "epoch_us(known_at), sequence, datacontenttype, dataschema, attributes, flags, content_hash "
            "FROM events",
        )
        refused = dict(rows(connection, "SELECT source_line, reason FROM quarantine"))
    events = {line: tuple(values) for line, *values in landed}
    return [events.get(number) for number in range(1, len(texts) + 1)], refused


def judged(text: str) -> tuple[Any, ...] | str:
    verdict = judge(text)
    if isinstance(verdict, Refusal):
        return verdict.reason.value
    values = vars(verdict)
    return tuple(value for name, value in values.items() if name != "data")


def require_agreement(texts: list[str]) -> None:
    filled = [text for text in texts if text.strip()]
    landed, refused = fates_in_the_log(filled)
    seen: dict[tuple[str, str], str] = {}
    for number, text in enumerate(filled):
        verdict = judged(text.replace("\n", " "))
        if isinstance(verdict, str):
            assert refused[number + 1] == verdict, text
        elif verdict[:2] in seen:
            is_same = seen[verdict[:2]] == verdict[-1]
            assert (number + 1 in refused) == (not is_same), text
        else:
            seen[verdict[:2]] = verdict[-1]
            assert landed[number] == verdict, text


@LAWS
@given(st.lists(lines(), min_size=1, max_size=25))
def test_what_sql_proves_is_what_the_letter_of_the_contract_allows(texts: list[str]) -> None:
    require_agreement(texts)


@LAWS
@given(st.lists(garbled(), min_size=1, max_size=40))
def test_sql_takes_nothing_for_json_that_the_standard_does_not(texts: list[str]) -> None:
    require_agreement(texts)


NUMBERS = st.builds(
    lambda mantissa, sign, digit, count: f"{mantissa}e{sign}{digit * count}",
    st.sampled_from(["0", "-1", "16", "0.5"]),
    st.sampled_from(["", "-", "+"]),
    st.sampled_from("019"),
    st.sampled_from([1, 4, 5, 20, 5000]),
)
NESTED = st.builds(
    lambda ends, depth: ends[0] * depth + "1" + ends[1] * depth,
    st.sampled_from([("[", "]"), ('{"a":', "}")]),
    st.sampled_from([1, 60, 70, 400, 1500]),
)
OTHERS = st.sampled_from([event(data_x=24.0), event(x=24.0), usage(), usage(data_chip_hours="24.0")])


@st.composite
def beyond(draw: st.DrawFn) -> str:
    """A line that holds any JSON, an endless number or deep nesting in the place of a value."""
    value = draw(NUMBERS | NESTED | ANYTHING.map(json.dumps))
    return json.dumps(draw(OTHERS)).replace("24.0", value)


@settings(LAWS, max_examples=200)
@given(st.one_of(st.text(), ANYTHING.map(json.dumps), garbled(), beyond()))
def test_every_line_gets_a_verdict(text: str) -> None:
    verdict = judge(text)
    assert isinstance(verdict, Event) or "cannot be read" not in verdict.message


@LAWS
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 2)), min_size=1, max_size=12), st.randoms())
def test_which_identities_land_does_not_depend_on_the_order_of_lines(
    pairs: list[tuple[str, int]], random: Any
) -> None:
    shuffled = random.sample(pairs, len(pairs))
    found = []
    for order in (pairs, shuffled):
        with TemporaryDirectory() as folder, open_log() as connection:
            texts = [event(name, data_chips=chips) for name, chips in order]
            report = land(connection, write_lines(Path(folder) / "lines.jsonl", texts))
            found.append((rows(connection, "SELECT id FROM events ORDER BY id"), report.landed))
            for name, _ in pairs:
                first = next(chips for other, chips in order if other == name)
                query = f"SELECT CAST(data ->> 'chips' AS INTEGER) FROM events WHERE id = '{name}'"  # noqa: S608
                assert rows(connection, query) == [(first,)]
    assert found[0] == found[1]
