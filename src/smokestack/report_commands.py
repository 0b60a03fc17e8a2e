"""What the `smokestack` command does with runs that are finished: render them, compare them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from smokestack import examples
from smokestack.errors import UsageError
from smokestack.report import compared, github, stored
from smokestack.report.compare import compare as compare_runs
from smokestack.report.writers import WRITERS
from smokestack.results import EXIT_MISSED

GITHUB = "github"
"""The format that is no file: its lines are for the runner, which reads stdout."""
FORMS = (*WRITERS, GITHUB)

out = Console(highlight=False)

RunPath = Annotated[Path, typer.Argument(help="a run.json, or the folder that has it")]


def report(
    run_json: RunPath,
    form: Annotated[str, typer.Option("--format", help=", ".join(FORMS))] = "html",
    output: Annotated[
        Path | None, typer.Option("--output", help="the folder to write to; beside run.json")
    ] = None,
) -> None:
    """Render a finished run again."""
    if form not in FORMS:
        raise UsageError(f"--format {form} is unknown", hint=f"known: {', '.join(FORMS)}")
    result = stored.read(run_json)
    if form == GITHUB:
        typer.echo(github.render(result), nl=False)
        return
    beside = run_json if run_json.is_dir() else run_json.parent
    out.print(str(WRITERS[form](result, output or beside)), soft_wrap=True)


def compare(before: RunPath, after: RunPath) -> None:
    """Say what is other in a second run; exit code 1 where less is proven than in the first."""
    found = compare_runs(stored.read(before), stored.read(after))
    for line in compared.lines(found):
        out.print(Text(line), soft_wrap=True)
    if found.worse:
        raise typer.Exit(EXIT_MISSED)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog=examples.of("report"))(report)
    app.command(epilog=examples.of("compare"))(compare)
