"""What a test says of itself: which check it is, what it needs, its suite and its subject."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path

import pytest

from smokestack.errors import UsageError
from smokestack.report.questions import question
from smokestack.results import CheckResult, Judgement
from smokestack.system import PARTS, Part

RUN_FIXTURE = "fixtures.stack"
"""The plugin of a checkout that has the fixture `run`."""


def check_id(item: pytest.Item) -> str | None:
    """The id of a check, None for any other test."""
    marker = item.get_closest_marker("check")
    return str(marker.args[0]) if marker and marker.args else None


def takes_the_run(item: pytest.Item) -> bool:
    """Whether a test asks for our `run`: a parameter or a fixture of that name may be another's."""
    info = getattr(item, "_fixtureinfo", None)
    found = info.name2fixturedefs.get("run", ()) if info else ()
    return any(one.func.__module__ == RUN_FIXTURE for one in found[-1:])


def question_of(item: pytest.Item, ident: str, root: Path) -> str:
    """What a check asks: the first sentence of its page; without one, of its test's docstring."""
    said = inspect.getdoc(getattr(item, "obj", None)) or ""
    first = " ".join(said.split("\n\n")[0].split())
    return question(root / "docs" / "checks", ident) or first


def result_of(
    item: pytest.Item, ident: str, root: Path, took_s: float, judgement: Judgement
) -> CheckResult:
    """What became of a check, with all that its test says of itself."""
    file, line, _ = item.location
    return CheckResult(
        ident,
        suite_of(item),
        subject_of(item),
        took_s,
        judgement,
        question_of(item, ident, root),
        file,
        None if line is None else line + 1,
    )


def needs(item: pytest.Item) -> list[Part]:
    """The parts of a system that a test is about: its marks `needs`."""
    found = [part for mark in item.iter_markers("needs") for part in mark.args]
    if unknown := [part for part in found if part not in PARTS]:
        raise UsageError(
            f"{item.nodeid}: pytest.mark.needs({unknown[0]!r}) is no part of a system",
            hint=f"known: {', '.join(PARTS)}",
        )
    return found


def parameters(item: pytest.Item) -> Mapping[str, object]:
    """What a test is parametrised with, by name."""
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec else {}


def suite_of(item: pytest.Item) -> str:
    """The suite of a check: its file's name without `test_`."""
    return Path(str(item.path)).stem.removeprefix("test_")


def subject_of(item: pytest.Item) -> str:
    """What tells apart several uses of one check: the id of its parameters."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.id) if callspec else ""
