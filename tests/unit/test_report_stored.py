"""run.json is read back as the model that wrote it; what is wrong with one is said precisely."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from smokestack.errors import ConfigError, UsageError
from smokestack.report import run_json
from smokestack.report.run_json import as_data
from smokestack.report.stored import from_data, read
from tests.whole_result import everything, rich


@pytest.mark.parametrize("make", [everything, rich])
def test_reads_back_what_was_written(make: Any, tmp_path: Path) -> None:
    """Every field survives; the file and its folder name the same run."""
    result = make()
    file = run_json.write(result, tmp_path / "one")
    assert as_data(read(file)) == as_data(result)
    assert read(file.parent).run_id == result.run_id
    assert read(file).verdict is result.verdict


def test_fields_of_a_later_smokestack_are_passed_over() -> None:
    """Fields are added without a new number of the schema: a reader must bear that."""
    data = as_data(everything()) | {"brand_new": 1}
    data["checks"][0] = {**data["checks"][0], "brand_new": 1}
    assert from_data(data, Path("run.json")).run_id == "r"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what to give instead."""
    with pytest.raises(UsageError, match=r"run\.json cannot be read: No such file") as raised:
        read(tmp_path)
    assert "reports/latest" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\n\n nothing", "run.json:3: this is no JSON: Expecting property name"),
        ("[]", "this is no run.json of schema 1, but without a schema"),
        ('{"schema": 2}', "this is no run.json of schema 1, but 2"),
        ('{"schema": 1, "checks": 3}', "run_id: Field required"),
        ("\x00", "this is no JSON"),
    ],
)
def test_what_is_no_run_json(text: str, said: str, tmp_path: Path) -> None:
    """File, and line or key."""
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        read(tmp_path)
    assert said in str(raised.value)


def test_a_wrong_field_is_named_as_it_stands_in_the_file() -> None:
    """By its place in run.json, and not in the model."""
    data = json.loads(json.dumps(as_data(everything())))
    data["checks"][0]["verdict"] = "fine"
    with pytest.raises(ConfigError, match=r"checks\[0\]\.verdict: Input should be 'met'"):
        from_data(data, Path("run.json"))
