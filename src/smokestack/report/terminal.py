"""The summary on the terminal: what a person grasps in five seconds, then what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from smokestack.report.text import details, printable
from smokestack.report.waterfall import drawn
from smokestack.results import CheckResult, Finding, RunResult, StackInfo, Verdict

STYLES = {
    Verdict.MET: "green",
    Verdict.MISSED: "bold red",
    Verdict.UNMEASURED: "yellow",
    Verdict.SKIPPED: "dim",
}
SIGNS = {Verdict.MET: "✓", Verdict.MISSED: "✗", Verdict.UNMEASURED: "?", Verdict.SKIPPED: "-"}


def render(result: RunResult, console: Console, report: Path | None) -> None:
    """Write the summary of a run to a console; `report` is where the rest is."""
    console.print()
    console.print(_checks(result.checks))
    if result.matrix:
        console.print()
        console.print(_proofs(result.matrix))
    if told := [one for one in result.waterfalls if any(hop.events for hop in one.hops)]:
        console.print()
        console.print(drawn(told, plain=not console.is_terminal))
    for alike in _alike(result.checks):
        _explain(alike, console)
    console.print(_headline(result))
    console.print(Text(_numbers(result), style="dim"))
    if result.coverage:
        console.print(Text(str(result.coverage["summary"]), style="dim"))
    for rule in result.stack.incompressible if result.stack else ():
        note = f"{rule.where}: {rule.key} runs as shipped at any pace: {rule.reason}"
        console.print(Text(note, style="yellow"))
    for load in result.loads:
        if load.shortfall:
            console.print(Text(f"load {load.name} fell short: {load.shortfall}", style="yellow"))
    if report:
        console.print(Text(f"report: {report}", style="dim"), soft_wrap=True)


def _checks(checks: Iterable[CheckResult]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        style = STYLES[check.verdict]
        name = f"{check.id} {check.subject}".strip()
        table.add_row(
            Text(SIGNS[check.verdict], style=style),
            Text(name, style=style if check.verdict is not Verdict.MET else ""),
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


def _alike(checks: Iterable[CheckResult]) -> list[list[CheckResult]]:
    """The checks to explain, missed ones first; those with one and the same cause together."""
    groups: dict[tuple[Verdict, str, tuple[Finding, ...]], list[CheckResult]] = {}
    for verdict in (Verdict.MISSED, Verdict.UNMEASURED):
        for check in checks:
            if check.verdict is verdict:
                key = (verdict, check.judgement.summary, check.judgement.findings)
                groups.setdefault(key, []).append(check)
    return list(groups.values())


def _explain(alike: Sequence[CheckResult], console: Console) -> None:
    check = alike[0]
    name = f"{check.id} {check.subject}".strip()
    if len(alike) > 1:
        name += f" and {len(alike) - 1} more for the same reason"
    title = Text(f"\n{check.verdict.value} {name}", style=STYLES[check.verdict])
    title.append(f": {printable(check.judgement.summary)}", style="default")
    console.print(title, soft_wrap=True)
    for line in details(check):
        console.print(Text(f"  {line}"), soft_wrap=True)


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


def _numbers(result: RunResult) -> str:
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
