"""`smokestack report` renders a finished run again."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from smokestack import cli
from smokestack.errors import UsageError
from smokestack.report import run_json
from smokestack.report.writers import WRITERS
from tests.whole_result import everything


@pytest.mark.parametrize("form", WRITERS)
def test_gives_the_same_file_again(form: str, tmp_path: Path) -> None:
    """Byte for byte what the run itself wrote, beside run.json or where it is told."""
    result = everything()
    file = run_json.write(result, tmp_path / "run")
    written = WRITERS[form](result, tmp_path / "run")
    first = written.read_bytes()
    written.unlink()
    told = CliRunner().invoke(cli.app, ["report", str(file.parent), "--format", form])
    assert (told.exit_code, told.stdout.strip()) == (0, str(written))
    assert written.read_bytes() == first
    elsewhere = tmp_path / "else"
    elsewhere.mkdir()
    arguments = ["report", str(file), "--format", form, "--output", str(elsewhere)]
    assert CliRunner().invoke(cli.app, arguments).exit_code == 0
    assert (elsewhere / written.name).read_bytes() == first


def test_an_unknown_format_is_a_usage_error(tmp_path: Path) -> None:
    """With those that there are."""
    told = CliRunner().invoke(cli.app, ["report", str(tmp_path), "--format", "pdf"])
    assert isinstance(told.exception, UsageError)
    assert "--format pdf is unknown" in str(told.exception)
    assert "known: html, junit, markdown, metrics, gitlab, github" in str(told.exception)
