"""The summary on the terminal: what a person grasps in five seconds, then what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from smokestack.report.causes import OF_SIGNALS, Shared, causes
from smokestack.report.text import details, names, printable
from smokestack.report.waterfall import drawn
from smokestack.results import CheckResult, RunResult, StackInfo, Verdict

STYLES = {
    Verdict.MET: "green",
    Verdict.MISSED: "bold red",
    Verdict.UNMEASURED: "yellow",
    Verdict.SKIPPED: "dim",
}
SIGNS = {Verdict.MET: "✓", Verdict.MISSED: "✗", Verdict.UNMEASURED: "?", Verdict.SKIPPED: "-"}


def render(result: RunResult, console: Console, *, brief: bool = False) -> None:
    """Write the summary of a run to a console; a `brief` one has only what was not met, and the
    verdict.
    """
    found = causes(result.checks)
    if not brief:
        _tables(result, console)
    for cause in found:
        _explain(cause, console)
    console.print(_headline(result))
    for cause in found:
        if not cause.is_own:
            console.print(_because(cause), soft_wrap=True)
    if not brief:
        _numbers(result, console)


def _tables(result: RunResult, console: Console) -> None:
    """Every check, by what each alert is proven, and the ways of the signals."""
    console.print()
    console.print(_checks(result.checks))
    if result.matrix:
        console.print()
        console.print(_proofs(result.matrix))
    if told := [one for one in result.waterfalls if any(hop.events for hop in one.hops)]:
        console.print()
        console.print(drawn(told, plain=not console.is_terminal))


def _numbers(result: RunResult, console: Console) -> None:
    """What ran, in a few lines."""
    console.print(Text(_ran(result), style="dim"))
    if result.coverage:
        console.print(Text(str(result.coverage["summary"]), style="dim"))
    for rule in result.stack.incompressible if result.stack else ():
        note = f"{rule.where}: {rule.key} runs as shipped at any pace: {rule.reason}"
        console.print(Text(note, style="yellow"))
    for load in result.loads:
        if load.shortfall:
            console.print(Text(f"load {load.name} fell short: {load.shortfall}", style="yellow"))


def _checks(checks: Iterable[CheckResult]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        style = STYLES[check.verdict]
        table.add_row(
            Text(SIGNS[check.verdict], style=style),
            Text(check.name, style=style if check.verdict is not Verdict.MET else ""),
            Text(printable(check.judgement.summary)),
        )
    return table


def _proofs(matrix: Mapping[str, Mapping[str, str]]) -> Table:
    """By what each alert is proven."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("alert", no_wrap=True)
    for kind in next(iter(matrix.values())):
        table.add_column(kind, overflow="fold")
    for alert, row in matrix.items():
        table.add_row(Text(alert), *(_proof(told) for told in row.values()))
    return table


def _proof(told: str) -> Text:
    """A verdict; else why there is none."""
    try:
        verdict = Verdict(told.partition(",")[0])
    except ValueError:
        verdict = Verdict.SKIPPED
    return Text(f"{SIGNS[verdict]} {printable(told)}" if told else "", style=STYLES[verdict])


def _explain(cause: Shared, console: Console) -> None:
    """One cause: what was seen, and by which checks; of a check that stands alone all of it."""
    check, others = cause.first, len(cause.checks) - 1
    if cause.is_own:
        name = check.name + (f" and {others} more for the same reason" if others else "")
        text = check.judgement.summary
    else:
        name, text = cause.title, ", ".join(names(cause.checks))
    title = Text(f"\n{cause.verdict.value} {printable(name)}", style=STYLES[cause.verdict])
    title.append(f": {printable(text)}", style="default")
    console.print(title, soft_wrap=True)
    for told in cause.told if cause.kind not in OF_SIGNALS else ():  # its details have that
        console.print(Text(f"  {printable(told)}"), soft_wrap=True)
    for line in details(cause.telling):
        console.print(Text(f"  {line}"), soft_wrap=True)
    if cause.server is None and not cause.is_own:  # each misses something of its own there
        for other in (one for one in cause.checks if one is not cause.telling):
            text = f"  also {other.name}: {other.judgement.summary}"
            console.print(Text(printable(text)), soft_wrap=True)


def _because(cause: Shared) -> Text:
    number = len(cause.checks)
    text = f"  {cause.title}: {number} check{'s' if number != 1 else ''}"
    return Text(printable(text), style=STYLES[cause.verdict])


def _headline(result: RunResult) -> Text:
    counts = dict.fromkeys(Verdict, 0)
    for check in result.checks:
        counts[check.verdict] += 1
    shown = ", ".join(f"{number} {verdict}" for verdict, number in counts.items() if number)
    verdict = result.verdict
    text = Text(f"\n{SIGNS[verdict]} {verdict.value.upper()}", style=STYLES[verdict])
    text.append(f"  {shown or 'no check was run'}", style="default")
    if result.interrupted:
        text.append(f"  (interrupted: {result.interrupted})", style="yellow")
    return text


def _ran(result: RunResult) -> str:
    requests = sum(load.requests for load in result.loads)
    parts = [f"{result.system} at pace {result.pace}"]
    if result.stack:
        parts.append(f"{result.stack.backend} stack of {len(result.stack.servers)} servers "
                     f"ready in {result.stack.ready_s:.1f} s")  # fmt: skip
        parts += _standins(result.stack)
    parts.append(f"{requests} requests in {len(result.loads)} loads")
    parts.append(f"{result.duration_s:.1f} s in all")
    return ", ".join(parts)


def _standins(stack: StackInfo) -> list[str]:
    """What is not what it seems: servers one by one, images as a number."""
    servers = [one for one in stack.standins if one.kind == "server"]
    parts = [f"{one.name} stands in for {one.instead_of}" for one in servers]
    if images := len(stack.standins) - len(servers):
        parts.append(f"{images} of them from images assembled for tests")
    return parts + [f"without {one.name}" for one in stack.left_out]
