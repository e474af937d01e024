from datetime import UTC, datetime

from pipeline.core.ids import canonical_json, derive_run_id, seed_for

AS_OF = datetime(2026, 9, 7, tzinfo=UTC)


def test_key_order_does_not_change_canonical_json() -> None:
    assert (
        canonical_json({"b": 1, "a": [1, "é"]})
        == canonical_json({"a": [1, "é"], "b": 1})
        == '{"a":[1,"é"],"b":1}'
    )


def test_each_part_of_a_run_changes_its_name() -> None:
    names = {
        derive_run_id(AS_OF, 10, "p", 1),
        derive_run_id(AS_OF.replace(hour=1), 10, "p", 1),
        derive_run_id(AS_OF, 11, "p", 1),
        derive_run_id(AS_OF, 10, "q", 1),
        derive_run_id(AS_OF, 10, "p", 2),
    }
    assert len(names) == 5
    assert derive_run_id(AS_OF, 10, "p", 1) in names


def test_a_run_is_named_after_its_instant() -> None:
    assert derive_run_id(AS_OF, 10, "p", 1).startswith("20260907T000000Z-")


def test_seeds_follow_from_the_name_and_nothing_else() -> None:
    assert seed_for(1, "cloud", "trn2") == seed_for(1, "cloud", "trn2")
    assert seed_for(1, "cloud", "trn2") != seed_for(1, "cloudtrn2", "")
    assert seed_for(1, "cloud", "trn2") != seed_for(2, "cloud", "trn2")
