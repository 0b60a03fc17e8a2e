"""Every command's help has examples, and each of them is a command with options that there are."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import typer.main

from smokestack import examples
from smokestack.cli import app
from smokestack.options import OPTIONS

ROOT: Any = typer.main.get_command(app)


def commands() -> dict[str, Any]:
    """All of them, by the words that call them; the first is `smokestack` itself."""
    found: dict[str, Any] = {"": ROOT}
    for name, one in ROOT.commands.items():
        inner = getattr(one, "commands", {"": one})
        found |= {f"{name} {sub}".strip(): each for sub, each in inner.items()}
    return found


def test_every_command_shows_what_to_type() -> None:
    """None is left out, and none is shown that there is not."""
    assert commands().keys() == examples.EXAMPLES.keys()
    for name, command in commands().items():
        shown = (command.epilog or "").split("\n\n")
        assert [one.strip() for one in shown[1:]] == list(examples.EXAMPLES[name])


@pytest.mark.parametrize("line", [one for of in examples.EXAMPLES.values() for one in of])
def test_an_example_is_taken(line: str) -> None:
    """By the command that it names, with its options; nothing is run."""
    program, *words = shlex.split(line)
    if program == "pytest":
        flags = {option.flag for option in OPTIONS}
        assert words[0] == "suites/"
        assert {word for word in words if word.startswith("--")} <= flags
        return
    assert program == "smokestack"
    names = [name for name in commands() if name and words[: len(name.split())] == name.split()]
    [name] = names
    command = commands()[name]
    context = command.make_context(name, words[len(name.split()) :])
    assert context.info_name == name
