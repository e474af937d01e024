from dataclasses import fields
from pathlib import Path

import pytest

from pipeline.config.policy import SHIPPED_POLICY, Policy, load_policy
from pipeline.core.errors import UsageError


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = SHIPPED_POLICY.read_text()
    assert old in text
    file = tmp_path / "policy.toml"
    file.write_text(text.replace(old, new))
    return file


def test_the_hash_follows_values_and_not_comments(tmp_path: Path) -> None:
    assert load_policy(edited(tmp_path, "# January", "# the first month")).hash == load_policy().hash
    assert (
        load_policy(edited(tmp_path, "spare_share = 0.05", "spare_share = 0.06")).hash != load_policy().hash
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("spare_share = 0.05", "spare_share = 0.05\nspare = 1", "unknown key in .demand.: spare"),
        ("spare_share = 0.05", "", "missing key in .demand.: spare_share"),
        ("spare_share = 0.05", "spare_share = '5 %'", "demand.spare_share"),
        ("horizon_weeks = 104", "horizon_weeks = 10.4", "forecast.horizon_weeks"),
        ("horizon_weeks = 104", "horizon_weeks = 0", "forecast.horizon_weeks = 0, but it must be 1 to 520"),
        ("spare_share = 0.05", "spare_share = nan", "demand.spare_share = nan, but it must be 0 to 0.99"),
        ("chunk_nodes = 80", "chunk_nodes = 0", "forecast.chunk_nodes = 0, but it must be 1 or more"),
        ("lags_weeks = [4, 13, 26, 52]", "lags_weeks = []", "backtest.lags_weeks = .*, but it must be 1 to"),
        ("lags_weeks = [4, 13, 26, 52]", "lags_weeks = [4, 0]", "backtest.lags_weeks = .*, but it must be"),
        ("[fiscal]", "[physical]", "unknown section: physical"),
        ("[fiscal]", "[fiscal", "policy"),
    ],
)
def test_a_faulty_policy_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_policy(edited(tmp_path, old, new))


def test_every_number_of_the_policy_has_bounds() -> None:
    sections = [field.name for field in fields(Policy)]
    unbound = [
        f"{name}.{key.name}"
        for name in sections
        for key in fields(getattr(load_policy(), name))
        if not key.metadata and key.type is not str
    ]
    assert unbound == []


def test_a_missing_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        load_policy(tmp_path / "nowhere.toml")


def test_every_number_has_its_reason() -> None:
    lines = [
        line for line in SHIPPED_POLICY.read_text().splitlines() if "=" in line and not line.startswith("#")
    ]
    assert lines
    assert [line for line in lines if "#" not in line] == []
