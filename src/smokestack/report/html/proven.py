"""What was proven, in numbers: only what a check or a measurement of this run says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from smokestack.report.html.words import amount, number, plural, seconds, slug
from smokestack.results import CheckResult, Measurement, RunResult, Verdict, worst

HEADLINES = (
    ("Counted", "metrics.counter-delta"),
    ("Logged", "logs.count"),
    ("Traced", "traces.count"),
    ("Joined", "correlation.id-joins"),
)
"""What is told first of a run: a word, and the check that says it."""


@dataclass(frozen=True)
class Proof:
    """One statement. `verdict` is None for a figure that nothing judges; `link` is a fragment."""

    title: str
    text: str
    verdict: Verdict | None = None
    link: str = ""


def proofs(result: RunResult) -> list[Proof]:
    """The statements, most telling first."""
    return [
        *_requests(result), *_headlines(result), *_visible(result), *_alerts(result),
        *_objectives(result), *_panels(result), *_costs(result.checks),
    ]  # fmt: skip


def _requests(result: RunResult) -> Iterator[Proof]:
    if result.loads:
        total = sum(load.requests for load in result.loads)
        yield Proof("Sent", f"{plural(total, 'request')} in {plural(len(result.loads), 'load')}",
                    link="traffic")  # fmt: skip


def _headlines(result: RunResult) -> Iterator[Proof]:
    checks = {check.id: check for check in result.checks}
    for title, ident in HEADLINES:
        if check := checks.get(ident):
            yield Proof(title, check.judgement.summary, check.verdict, slug(ident))


def _visible(result: RunResult) -> Iterator[Proof]:
    """How soon the slowest signal was visible."""
    found = [one for one in result.measurements if is_signal(one)]
    if found:
        slowest = max(found, key=lambda one: one.figure)
        signal = slowest.name.removeprefix("latency.")
        text = f"all signals within {seconds(slowest.figure)}; slowest: {signal}"
        yield Proof("Visible", text, _verdict(result.checks, "latency."), "latency")


def is_signal(one: Measurement) -> bool:
    """Whether it is how long a whole signal took to be visible."""
    return one.name.startswith("latency.") and one.name.count(".") == 1 and one.unit == "s"


def _alerts(result: RunResult) -> Iterator[Proof]:
    """Of how many alerts each kind of proof was had."""
    if not result.matrix:
        return
    rows = list(result.matrix.values())
    parts = []
    for kind in dict.fromkeys(kind for row in rows for kind in row):
        told = [row.get(kind, "") for row in rows]
        real, simulated = told.count("met"), sum(t.startswith("met,") for t in told)
        parts.append(f"{real} {kind}" + (f" and {simulated} simulated" if simulated else ""))
    text = f"{plural(len(rows), 'alert')}: {', '.join(parts)}"
    yield Proof("Alerts", text, _verdict(result.checks, "alerts."), "alerts")


def _objectives(result: RunResult) -> Iterator[Proof]:
    found = [check for check in result.checks if check.id == "slo.objective"]
    asked = [check for check in found if check.verdict is not Verdict.SKIPPED]
    if asked:
        met = sum(check.verdict is Verdict.MET for check in asked)
        text = f"{met} of {plural(len(asked), 'objective')} held"
        yield Proof("SLOs", text, worst(check.verdict for check in asked), "slo")


def _panels(result: RunResult) -> Iterator[Proof]:
    if summary := result.coverage.get("summary"):
        verdict = _verdict(result.checks, "dashboards.panels")
        yield Proof("Panels", str(summary), verdict, "panels")


def _costs(checks: Iterable[CheckResult]) -> Iterator[Proof]:
    """What the stack costs the application: measured in rounds, hence with an interval. Of each
    check the figure that is nearest to its bound is told at the top: the rest stands among the
    figures.
    """
    for check in checks:
        bounded = [
            (one.figure / one.budget, n, one)
            for n, one in enumerate(check.judgement.measurements)
            if one.interval and one.budget and one.name.startswith("overhead")
        ]
        if bounded:
            _, _, worst_of = max(bounded)
            yield Proof("Overhead", _cost(worst_of), check.verdict, slug(check.id, check.subject))


def _cost(one: Measurement) -> str:
    """A figure, what it may be off by, and its bound."""
    low, high = one.interval or (one.figure, one.figure)
    what = one.name.partition(".")[2].replace(".", " ")
    cost = f"{amount(one.figure, one.unit)} ± {number((high - low) / 2)}"
    cost += f", {amount(one.budget or 0, one.unit)} allowed"
    return f"{what}: {cost}" if what else cost


def _verdict(checks: Iterable[CheckResult], prefix: str) -> Verdict | None:
    found = [check.verdict for check in checks if check.id.startswith(prefix)]
    return worst(found) if found else None
