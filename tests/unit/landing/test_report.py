"""What a person sees of a landing."""

import json
import random

from pipeline.landing import FileReport, LandingReport


def landed(name: str, *, lines: int = 10, quarantined: int = 0) -> FileReport:
    return FileReport(name, lines=lines, landed=lines - quarantined, quarantined=quarantined)


def refused(name: str) -> FileReport:
    return FileReport(name, error="is no gzip; nothing of it landed")


def described(*files: FileReport) -> list[str]:
    return LandingReport(files).describe().split("\n")


def test_few_files_have_a_row_each() -> None:
    assert described(landed("in/a", lines=1234, quarantined=4), refused("in/b")) == [
        "file      lines  landed  duplicates  quarantined",
        "in/a      1,234   1,230           0            4",
        "in/b    refused",
        "in all    1,234   1,230           0            4",
    ]


def test_of_many_files_those_with_refused_lines_have_a_row_and_the_others_are_summed_by_folder() -> None:
    files = [landed(f"in/{folder}/{number}") for folder in "ab" for number in range(4000)]
    files[7] = landed("in/a/7", quarantined=1)
    files[9] = landed("in/a/9", quarantined=3)
    files[4001] = refused("in/b/1")
    assert described(*files) == [
        "file                                   lines  landed  duplicates  quarantined",
        "in/a/9                                    10       7           0            3",
        "in/a/7                                    10       9           0            1",
        "in/a/ (3,998 other files)             39,980  39,980           0            0",
        "in/b/ (4,000 other files, 1 refused)  39,990  39,990           0            0",
        "in all (8,000 files, 1 refused)       79,990  79,986           0            4",
    ]


def test_however_many_files_and_folders_the_table_fits_a_screen() -> None:
    chance = random.Random(3)  # noqa: S311 repeatable, no secret
    files = tuple(
        landed(
            f"/lake/{chance.randrange(12):02}/{chance.randrange(28):02}/{n}", quarantined=chance.randrange(3)
        )
        for n in range(3000)
    )
    rows = described(*files)
    assert len(rows) <= 42
    assert sum("/lake/" in row for row in rows if "other files" in row) == 12
    quarantined = [int(row.split()[-1].replace(",", "")) for row in rows[1:]]
    assert sum(quarantined[:-1]) == quarantined[-1] == sum(file.quarantined for file in files)


def test_files_named_one_by_one_from_everywhere_are_summed_too() -> None:
    files = [landed(f"{number}/x") for number in range(30)] + [landed("y")]
    assert described(*files)[1:] == [
        "./ (31 files)        310     310           0            0",
        "in all (31 files)    310     310           0            0",
    ]


def test_json_keeps_every_file() -> None:
    files = tuple(landed(f"in/{number}") for number in range(500))
    told = json.loads(json.dumps(LandingReport(files).to_json()))
    assert [file["file"] for file in told["files"]] == [file.file for file in files]
    assert told["lines"] == sum(file["lines"] for file in told["files"]) == 5000


def test_many_errors_are_told_by_the_first_and_their_number() -> None:
    few, many = (LandingReport(tuple(refused(f"{n}") for n in range(count))) for count in (20, 1030))
    assert few.describe_errors() == few.errors
    assert many.describe_errors()[:-1] == many.errors[:20]
    assert many.describe_errors()[-1].startswith("1,010 more files were refused as a whole")
