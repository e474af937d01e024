from pathlib import Path

import pytest

from pipeline.config.policy import SHIPPED_POLICY, load_policy
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
        ("[fiscal]", "[physical]", "unknown section: physical"),
        ("[fiscal]", "[fiscal", "policy"),
    ],
)
def test_a_faulty_policy_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_policy(edited(tmp_path, old, new))


def test_a_missing_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        load_policy(tmp_path / "nowhere.toml")


def test_every_number_has_its_reason() -> None:
    lines = [
        line for line in SHIPPED_POLICY.read_text().splitlines() if "=" in line and not line.startswith("#")
    ]
    assert lines
    assert [line for line in lines if "#" not in line] == []
