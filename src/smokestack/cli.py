"""The `smokestack` command: everything around a run that is not a test."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

import smokestack
from smokestack import editor_schemas, examples, limits, options, report_commands, stack_file
from smokestack.doctor import Finding, examine
from smokestack.drive.rights import rights
from smokestack.errors import ConfigError, SmokestackError, UsageError
from smokestack.judge.limits import Step
from smokestack.report import limits as limits_report
from smokestack.report.starting import Starting, links
from smokestack.results import EXIT_UNMEASURED, EXIT_USAGE
from smokestack.run import Run
from smokestack.settings import Settings
from smokestack.stack import kept
from smokestack.stack.choice import why_docker
from smokestack.stack.install import install as install_servers
from smokestack.system import System, load_system, openslo, slo_rules

app = typer.Typer(
    help="Proves that an observability stack works. The proof itself is `pytest suites/`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=examples.of(""),
)
slo = typer.Typer(help="What follows from an SLO file.", no_args_is_help=True)
app.add_typer(slo, name="slo")
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

UnlessDocker = Annotated[
    bool, typer.Option("--unless-docker", help="build nothing where --stack auto takes Docker")
]
SystemName = Annotated[str, typer.Option("--system", help="which of systems/ to start")]
Stack = Annotated[str, typer.Option("--stack", help="auto, docker or native")]
Pace = Annotated[str, typer.Option("--pace", help="real, or fast: durations divided")]


REPORTS = Path("reports")


def _tell(line: str) -> None:
    err.print(line, soft_wrap=True)


@app.command(epilog=examples.of("install"))
def install(
    servers: Annotated[list[str] | None, typer.Argument(help="which; all by default")] = None,
    unless_docker: UnlessDocker = False,  # noqa: FBT002, typer makes a flag of it
) -> None:
    """Build the native servers that are not here yet (once; minutes), with progress."""
    if unless_docker and (found := why_docker(options.root_from_here(), _tell)):
        out.print(f"nothing to build: {found}", soft_wrap=True)
        return
    install_servers(servers or None)


@app.command(epilog=examples.of("doctor"))
def doctor(
    stack: Annotated[
        Path | None, typer.Option("--stack", help="the file of a stack that somebody else runs")
    ] = None,
) -> None:
    """Say what this machine can run, what is missing, and the command that helps. With --stack:
    what a running stack lets us ask.
    """
    if stack is not None:
        _rights(stack)
        return
    findings = examine()
    for finding in findings:
        _show(finding)
    if any(finding.needed and not finding.good for finding in findings):
        raise typer.Exit(1)


def _rights(file: Path) -> None:
    root = options.root_from_here()
    system = load_system(root, stack_file.system_of(file))
    services, entry = system.application.services, system.application.entry
    remote = stack_file.read(file, services, os.environ, entry)
    for warning in remote.warnings:
        err.print(warning, style="yellow", markup=False, soft_wrap=True)
    found = list(rights(remote, system))
    for one in found:
        _show(Finding(f"{one.server}, {one.what}", one.good, one.seen, one.hint))
    if not all(one.good for one in found):
        raise typer.Exit(1)


def _show(finding: Finding) -> None:
    sign = "[green]✓[/]" if finding.good else ("[red]✗[/]" if finding.needed else "[yellow]-[/]")
    out.print(f"{sign} {finding.name}: {finding.seen}", soft_wrap=True)
    if finding.hint and not finding.good:
        out.print(f"    → {finding.hint}", soft_wrap=True)


@app.command(epilog=examples.of("up"))
def up(system: SystemName = "reference", pace: Pace = "real", stack: Stack = "auto") -> None:
    """Start a stack to play with, and leave it running."""
    root = options.root_from_here()
    options.require_pace(pace)
    options.require_backend(stack)
    settings = Settings(root, system, pace, root / "reports", stack, keep_stack=True)
    run = Run(settings, load_system(root, system))
    with Starting(f"starting the {system} system").shown(err):
        run.start(say=_tell)
    run.close(failed=False)
    found = next(one for one in kept.running() if one.run_id == run.run_id)
    _addresses(found)
    out.print(f"end it with: smokestack down {found.run_id}")


def _addresses(found: kept.Kept) -> None:
    out.print(f"{found.system} at pace {found.pace}, run {found.run_id}")
    out.print(links(found.urls))


@app.command(epilog=examples.of("down"))
def down(
    run_ids: Annotated[list[str] | None, typer.Argument(help="which; all by default")] = None,
) -> None:
    """End stacks that were left running."""
    running = {one.run_id: one for one in kept.running()}
    for unknown in set(run_ids or ()) - set(running):
        raise UsageError(
            f"no stack {unknown!r} is running",
            hint=f"running: {', '.join(running) or 'none'}",
        )
    for run_id in run_ids or list(running):
        kept.end(running[run_id])
        out.print(f"ended {run_id}")
    if not running:
        out.print("no stack is running")


@app.command(name="limits", epilog=examples.of("limits"))
def find_limits(
    system: SystemName = "reference",
    stack: Stack = "auto",
    pace: Pace = "fast",
    scenario: Annotated[str, typer.Option(help="which of scenarios/ to send")] = "steady",
    start_rate: Annotated[str, typer.Option(help="requests a second of the first step")] = "50",
    growth: Annotated[str, typer.Option(help="by what each step is more than the last")] = "1.5",
    max_rate: Annotated[str, typer.Option(help="the rate of the last step")] = "2000",
    step: Annotated[str, typer.Option(help="how long each step is")] = "4s",
    max_time: Annotated[str, typer.Option(help="when no further step is begun")] = "3m",
    report_dir: Annotated[Path, typer.Option(help="where limits.json is written")] = REPORTS,
) -> None:
    """Step up the rate of requests until the pipeline loses, and say what broke first."""
    stepping = limits.Stepping(
        scenario,
        options.above_zero("--start-rate", start_rate),
        options.above_zero("--growth", growth),
        options.above_zero("--max-rate", max_rate),
        options.seconds_of("--step", step),
        options.seconds_of("--max-time", max_time),
    )
    run = Run(_settings(system, pace, stack, report_dir), _system(system))
    limits.require_scenario(run, stepping)
    options.require_writable(run.settings.report_dir)
    try:
        code = _limits(run, stepping)
    except UsageError:
        raise
    except SmokestackError as error:  # a stack that does not come up has no limit to be told
        err.print(f"smokestack: {error}", style="red", markup=False, soft_wrap=True)
        code = EXIT_UNMEASURED
    raise typer.Exit(code)


def _settings(system: str, pace: str, stack: str, report_dir: Path) -> Settings:
    options.require_pace(pace)
    options.require_backend(stack)
    if options.stack_file_of(stack) is not None:
        raise UsageError(
            f"--stack {stack}: limits sends ever more requests, to stacks that it starts itself",
            hint="use --stack docker or --stack native",
        )
    return Settings(options.root_from_here(), system, pace, report_dir.absolute(), stack)


def _system(name: str) -> System:
    return load_system(options.root_from_here(), name)


def _limits(run: Run, stepping: limits.Stepping) -> int:
    found: limits.Limits | None = None
    try:
        run.start(say=_tell)
        run.await_first_scrapes()
        found = limits.step_up(run, stepping, _tell_step)
    finally:
        run.close(failed=found is None or bool(found.found.lost) or not found.found.told)
    data = limits_report.as_data(_of_run(run), found.steps, found.found)
    written = limits_report.write(data, run.folder)
    out.print(limits_report.table(found.steps))
    out.print(Text(f"\n{found.found.summary}"), soft_wrap=True)
    out.print(Text(f"report: {written}", style="dim"), soft_wrap=True)
    return 0 if found.found.told else EXIT_UNMEASURED


def _tell_step(step: Step) -> None:
    err.print(Text(f"{step.rate:.0f}/s: {limits_report.outcome(step)}"), soft_wrap=True)


def _of_run(run: Run) -> dict[str, object]:
    backend = run.stack_info.backend if run.stack_info else ""
    return {
        "run_id": run.run_id,
        "started_at": run.started_at,
        "system": run.settings.system,
        "pace": run.settings.pace,
        "backend": backend,
    }


@app.command(epilog=examples.of("explain"))
def explain(check: Annotated[str, typer.Argument(help="a check id, such as logs.count")]) -> None:
    """Show what a check asks, when it is red, and where to look then."""
    pages = options.root_from_here() / "docs" / "checks"
    page = pages / f"{check}.md"
    if not page.is_file():
        known = sorted(path.stem for path in pages.glob("*.md"))
        close = difflib.get_close_matches(check, known, n=1)
        guess = f"did you mean {close[0]}? " if close else ""
        raise UsageError(f"there is no check {check!r}", hint=f"{guess}known: {', '.join(known)}")
    text = page.read_text(encoding="utf-8")
    if out.is_terminal:
        out.print(Markdown(text))
    else:
        typer.echo(text)


report_commands.register(app)


@slo.callback()
def _slo() -> None:
    """What follows from an SLO file."""


@slo.command(epilog=examples.of("slo rules"))
def rules(file: Annotated[Path, typer.Argument(help="an OpenSLO v1 file")]) -> None:
    """Print the Prometheus rules that alert on its burn rate, as the SRE workbook has them."""
    found, document = openslo.read(file)
    try:
        typer.echo(slo_rules.rule_file(found), nl=False)
    except ValueError as error:
        line = document.line(("spec", "timeWindow", 0, "duration"))
        raise ConfigError(str(error), file=file, line=line) from error


@app.command(epilog=examples.of("schema"))
def schema(
    of: Annotated[str, typer.Argument(help="stack, for a stack file, or system")],
) -> None:
    """Print the JSON schema of a file that people write, for their editors."""
    if of not in editor_schemas.MODELS:
        raise UsageError(
            f"there is no schema of {of!r}", hint=f"known: {', '.join(editor_schemas.MODELS)}"
        )
    typer.echo(editor_schemas.text_of(of), nl=False)


@app.command(epilog=examples.of("version"))
def version() -> None:
    """Print the version."""
    out.print(smokestack.__version__)


def main(run: Callable[[], object] = app) -> None:
    """Run a command; an error of ours is a message and an exit code, never a traceback."""
    try:
        run()
    except UsageError as error:
        err.print(f"smokestack: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(EXIT_USAGE)
    except SmokestackError as error:
        err.print(f"smokestack: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
