"""What a session of pytest leaves: the files of its report, what the CI that it runs in shows of
them, and its last lines. Only `run.json` and `junit.xml` decide anything; what repeats them and
cannot be written is said, and no more.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rich.console import Console

from smokestack.errors import SmokestackError
from smokestack.report import (
    compared,
    github,
    gitlab,
    html,
    junit,
    metrics,
    run_json,
    stored,
    summary,
    terminal,
)
from smokestack.report.compare import Comparison
from smokestack.report.events import EventStream, ended
from smokestack.results import RunResult
from smokestack.run import Run
from smokestack.settings import Settings

Tell = Callable[[str], None]


def begin_events(run: Run, checks: int) -> EventStream | None:
    """Begin to write what happens, where that was asked for. Raises UsageError."""
    if run.settings.events is None:
        return None
    stream = EventStream.open(run.settings.events, run.run_id)
    run.tell = stream.tell
    run.tell("run-started", system=run.settings.system, pace=run.settings.pace, checks=checks)
    return stream


def end_events(stream: EventStream, result: RunResult, run: Run, code: int, warn: Tell) -> None:
    """Write how the run ended; `warn` is told where something could not be written."""
    run.tell("run-finished", **ended(result, run.folder, code))
    stream.close()
    if stream.failed:
        warn(stream.failed)


def write(
    result: RunResult, folder: Path, settings: Settings, environment: Mapping[str, str], warn: Tell
) -> None:
    """Write every file of a run, each of what `run.json` has, so that it can be made of that
    again, byte for byte.

    Raises UsageError where `run.json` or `junit.xml` cannot be written. `warn` is told of others.
    """
    result = stored.read(run_json.write(result, folder))
    junit.write(result, folder)
    attempts: dict[str, Callable[[], object]] = {
        summary.NAME: lambda: summary.write(result, folder),
        metrics.NAME: lambda: metrics.write(result, folder),
    }
    if settings.html:
        attempts[html.NAME] = lambda: html.write(result, folder)
    if environment.get("GITLAB_CI"):
        attempts[gitlab.NAME] = lambda: gitlab.write(result, folder)
    if job := environment.get("GITHUB_STEP_SUMMARY"):
        attempts["the job summary"] = lambda: _append(Path(job), summary.render(result))
    if url := settings.metrics_push:
        attempts["the pushed metrics"] = lambda: _push(result, url)
    for name, attempt in attempts.items():
        _try(name, attempt, warn)


def _try(name: str, attempt: Callable[[], object], warn: Tell) -> None:
    """Nothing that repeats what `run.json` has may fail a run."""
    try:
        attempt()
    except SmokestackError as error:
        warn(str(error))
    except Exception as error:  # noqa: BLE001 - a report that cannot be drawn decides nothing
        warn(f"{name} was not written: {type(error).__name__}: {error}")


def _push(result: RunResult, url: str) -> None:
    # OpenTelemetry's SDK takes 0.1 s to import: only those who push wait for it.
    from smokestack.report import push  # noqa: PLC0415

    push.push(result, url)


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text)


def show(
    result: RunResult,
    run: Run,
    reporter: pytest.TerminalReporter,
    environment: Mapping[str, str],
    beside: Comparison | None = None,
) -> None:
    """The summary that a person grasps in five seconds; the last line names the report. `beside` is
    what is other than in the baseline.
    """
    brief = reporter.verbosity < 0
    for line in _summary(result, reporter, brief=brief).split("\n"):
        reporter.write_line(line)  # spells out signs that the output cannot take
    if environment.get("GITHUB_ACTIONS") == "true":
        for line in github.lines(result):
            reporter.write_line(line)
    if beside:
        reporter.write_line(f"beside the baseline {run.settings.baseline}:")
        for line in compared.lines(beside):
            reporter.write_line(f"  {line}")
    if run.settings.keep_stack and run.stack_info:
        reporter.write_line(f"the stack goes on running: smokestack down {run.run_id}")
        for name, url in run.addresses():
            reporter.write_line(f"  {name:16} {url}")
    page = run.folder / html.NAME
    reporter.write_line(f"report: {page if page.exists() else run.folder}")


def _summary(result: RunResult, reporter: pytest.TerminalReporter, *, brief: bool) -> str:
    text = io.StringIO()
    console = Console(
        file=text,
        force_terminal=reporter.hasmarkup,
        no_color=not reporter.hasmarkup,
        width=None if reporter.isatty else 160,
        highlight=False,
    )
    terminal.render(result, console, brief=brief)
    return text.getvalue().removesuffix("\n")
