from tests.sql.event_log import Log


def ids(log: Log, as_of: str = "2030-01-01", position: int = 2**63 - 1) -> set[str]:
    return {row["id"] for row in log.rows("events_as_of", as_of, position)}


def retract(log: Log, target: str, time: str, *, source: str = "/test", **attributes: str) -> str:
    return log.add("event.retracted", time, {"retracted_source": source}, subject=target, **attributes)


def test_an_event_counts_from_the_instant_it_was_known(log: Log) -> None:
    log.add("sku.defined", "2026-01-01", subject="s", recorded="2026-01-05T12:00:00Z", id="late")
    assert ids(log, "2026-01-05T11:59:59Z") == set()
    assert ids(log, "2026-01-05T12:00:00Z") == {"late"}


def test_events_beyond_the_position_do_not_exist(log: Log) -> None:
    first = log.add("sku.defined", "2026-01-02", subject="s")
    log.add("sku.defined", "2026-01-01", subject="s")
    assert ids(log, position=1) == {first}


def test_the_parameters_can_be_given_by_place_by_name_or_left_out(log: Log) -> None:
    log.add("sku.defined", "2026-01-01", subject="s")
    log.land(log.events)
    for call in (
        "now()",
        "now(), 1",
        "now(), up_to_position := 1",
        "as_of := now()",
        "'2026-09-01T00:00:00Z'",
    ):
        assert len(log.connection.execute(f"FROM events_as_of({call})").fetchall()) == 1


def test_a_retracted_event_counts_until_the_retraction_was_known(log: Log) -> None:
    wrong = log.add("sku.defined", "2026-01-01", subject="s")
    retract(log, wrong, "2026-02-01", recorded="2026-02-03T00:00:00Z")
    assert wrong in ids(log, "2026-02-02T23:59:59Z")
    assert wrong not in ids(log, "2026-02-03")


def test_a_retraction_beyond_the_position_changes_nothing(log: Log) -> None:
    wrong = log.add("sku.defined", "2026-01-01", subject="s")
    retract(log, wrong, "2026-02-01")
    assert wrong in ids(log, position=1)


def test_a_retraction_names_the_source_of_the_event_too(log: Log) -> None:
    log.add("sku.defined", "2026-01-01", subject="s", source="/a", id="same")
    log.add("sku.defined", "2026-01-01", subject="t", source="/b", id="same")
    retract(log, "same", "2026-02-01", source="/a")
    left = [row["source"] for row in log.rows("events_as_of") if row["id"] == "same"]
    assert left == ["/b"]


def test_a_retraction_that_lands_before_its_event_holds_all_the_same(log: Log) -> None:
    retract(log, "wrong", "2026-02-01")
    log.add("sku.defined", "2026-01-01", subject="s", id="wrong")
    assert "wrong" not in ids(log)


def test_the_replacement_is_an_event_of_its_own(log: Log) -> None:
    wrong = log.add("sku.defined", "2026-01-01", {"chips_per_unit": 1}, subject="s")
    data = {"retracted_source": "/test", "replaced_by": "right"}
    log.add("event.retracted", "2026-02-01", data, subject=wrong)
    log.add(
        "sku.defined",
        "2026-01-01",
        {"chips_per_unit": 16},
        subject="s",
        id="right",
        recorded="2026-02-01T00:00:00Z",
    )
    assert [row["chips_per_unit"] for row in log.rows("skus")] == [16]
    assert [row["chips_per_unit"] for row in log.project("skus", "2026-01-31")] == [1]
    assert [row["replaced_by"] for row in log.project("retractions")] == ["right"]


def test_retracting_a_retraction_brings_the_event_back(log: Log) -> None:
    event = log.add("sku.defined", "2026-01-01", subject="s")
    retraction = retract(log, event, "2026-02-01")
    second = retract(log, retraction, "2026-03-01")
    assert event not in ids(log, "2026-02-15")
    assert event in ids(log, "2026-03-01")
    retract(log, second, "2026-04-01")
    assert event not in ids(log, "2026-04-01")


def test_retractions_that_retract_each_other_count_for_nothing(log: Log) -> None:
    event = log.add("sku.defined", "2026-01-01", subject="s")
    log.add("event.retracted", "2026-02-01", {"retracted_source": "/test"}, subject="y", id="x")
    log.add("event.retracted", "2026-02-01", {"retracted_source": "/test"}, subject="x", id="y")
    retract(log, "itself", "2026-02-01", id="itself")
    assert event in ids(log)
    assert [row["is_in_force"] for row in log.project("retractions")] == [False, False, False]


def test_an_absent_sequence_applies_before_a_given_one_of_the_same_time(log: Log) -> None:
    log.add("sku.defined", "2026-01-01", {"chips_per_unit": 2}, subject="s", sequence="1")
    log.add("sku.defined", "2026-01-01", {"chips_per_unit": 1}, subject="s")
    assert log.row("skus")["chips_per_unit"] == 2
