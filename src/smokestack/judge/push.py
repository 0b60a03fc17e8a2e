"""push.*: what the application pushes is whole, cumulative and fresh, and counted apart."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from smokestack.judge.conclude import conclude, named, unmeasured, untimed
from smokestack.judge.counters import ScrapeWindow, deltas
from smokestack.judge.counting import (
    Declared,
    count_findings,
    errors_of,
    expected_counts,
    unknown_note,
)
from smokestack.judge.deadlines import GAP
from smokestack.judge.shared_counters import claim, share
from smokestack.ledger import Packed
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import Ledger, Series
from smokestack.sharing import Shared
from smokestack.system import System, given
from smokestack.wait import Waited

LATE = GAP + 1
"""So many intervals may pass between two pushes, and since the last one: more than a machine may
stall of which timing can be told.
"""


@dataclass(frozen=True)
class Pushed:
    """Every sample that was pushed since shortly before the traffic. `interval_s` is the time
    between two pushes, at the pace of the run; `asked_at` when Prometheus was asked. `scraped` has
    the scrapes of that job, of which there must be none.
    """

    samples: Sequence[Series]
    interval_s: float
    asked_at: float
    scraped: int = 0


def counter_delta(
    system: System,
    ledger: Ledger,
    pushed: Pushed,
    waited: Waited[object],
    evidence: Evidence,
    shared: Shared | None = None,
) -> Judgement:
    """Difference of the pushed counters = ledger × declared copies, for every key, and what was
    pushed only ever grows: it is cumulative. Where others send too, it may have grown by more.
    """
    push, metrics = given(system.push), system.metrics
    windows = push_windows(pushed.samples, push.heartbeat, ledger)
    if not windows:
        text = f"no sample of {push.heartbeat}{{job={push.job!r}}}: nothing is pushed"
        return conclude("", [Finding(text, "push")], [evidence], waited=waited)
    if len(windows) > 1:
        return unmeasured(f"{len(windows)} instances have pushed: one was restarted", [evidence])
    window = windows[0]
    if window.opened_at is None or window.closed_at is None:
        when = "before the first request" if window.opened_at is None else "after the last response"
        finding = Finding(f"{push.job}: nothing was pushed {when}", "push")
        return conclude("", [finding], [evidence], waited=waited)
    ours = [_under(system, push.service, one) for one in pushed.samples]
    difference = deltas(ours, [replace(window, job=push.service)], metrics.counters)
    expected = expected_counts(system, _about(system, ledger, push.service), "metrics")
    expected = replace(expected, counts={k: n for k, n in expected.counts.items() if n})
    findings = list(_falls(ours, metrics.counters))
    names = [metrics.requests, *(f"{name}_count" for name in metrics.histograms)]
    for name in names:
        found = share(system, difference, name, shared)
        findings += count_findings(expected, found.counts, f"pushed as {name}", found.more)
    if metrics.errors:
        failed = share(system, difference, metrics.errors, shared)
        findings += count_findings(
            errors_of(expected), failed.counts, f"pushed as {metrics.errors}", failed.more
        )
    told = claim(expected, share(system, difference, metrics.requests, shared))
    summary = f"{told} pushed{unknown_note(expected)}"
    return conclude(summary, findings, [evidence], exercised=expected.total, waited=waited)


def freshness(system: System, pushed: Pushed, busy: str | None, evidence: Evidence) -> Judgement:
    """Every promised family is pushed, at its interval, until now; and nothing of it is scraped."""
    push = given(system.push)
    allowed = LATE * pushed.interval_s
    times = sorted({one.at for one in pushed.samples if one.name == push.heartbeat})
    present = {one.name for one in pushed.samples}
    findings = [
        Finding(f"{push.job}: no series of {name} is pushed", "push")
        for name in (push.heartbeat, *push.families)
        if not {name, f"{name}_count"} & present
    ]
    if pushed.scraped:
        findings.append(Finding(f"{push.job} is scraped as well: it would be counted double"))
    late = list(_gaps(times, pushed.asked_at, allowed))
    if late and busy and not findings:
        return untimed(busy, late[0].detail, [evidence])
    findings += late
    age = pushed.asked_at - times[-1] if times else 0.0
    summary = (
        f"{len(times)} pushes at most {allowed:.2f} s apart, the last {max(age, 0.0):.2f} s ago, "
        f"with {named([push.heartbeat, *push.families], 4)}"
    )
    return conclude(summary, findings, [evidence], exercised=len(times))


def push_windows(samples: Iterable[Series], heartbeat: str, ledger: Ledger) -> list[ScrapeWindow]:
    """The pushes of each instance around a load, as if they were scrapes: all that is pushed at
    once has one time, that at which the application read it.
    """
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in samples:
        if one.name == heartbeat:
            times[one.labels.get("job", ""), one.labels.get("instance", "")].append(one.at)
    return [
        ScrapeWindow(
            job,
            instance,
            max((at for at in seen if at <= ledger.first_at), default=None),
            min((at for at in seen if at > ledger.last_at), default=None),
            failed=0,
            scrapes=len(seen),
        )
        for (job, instance), seen in sorted(times.items())
    ]


def _under(system: System, service: str, sample: Series) -> Series:
    """A sample under the name of its service, as one that is scraped has it."""
    label = system.metrics.labels.service
    return replace(sample, labels={**sample.labels, "job": service, label: service})


def _about(system: System, ledger: Ledger, service: str) -> Ledger:
    """The requests that the pushing service handles; those of no declared route stay."""
    declared = Declared(system)
    of = ((one, declared.route(one)) for one in ledger.requests)
    return Ledger(Packed(one for one, route in of if route is None or service in route.services))


def _falls(samples: Iterable[Series], names: Sequence[str]) -> Iterator[Finding]:
    """Counters that were pushed lower than before: as differences, not as sums."""
    series: dict[tuple[str, frozenset[tuple[str, str]]], list[Series]] = defaultdict(list)
    for one in samples:
        if one.name in names:
            series[one.name, frozenset(one.labels.items())].append(one)
    fallen: dict[str, tuple[float, float]] = {}
    for (name, _), points in series.items():
        ordered = sorted(points, key=lambda point: point.at)
        for before, after in itertools.pairwise(ordered):
            if after.value < before.value:
                fallen.setdefault(name, (before.value, after.value))
    for name, (high, low) in sorted(fallen.items()):
        yield Finding(f"{name} fell from {high:g} to {low:g}: what is pushed is not cumulative")


def _gaps(times: Sequence[float], now: float, allowed: float) -> Iterator[Finding]:
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    if gaps and max(gaps) > allowed:
        yield Finding(f"{max(gaps):.2f} s between two pushes, {allowed:.2f} s allowed", "push")
    if times and now - times[-1] > allowed:
        yield Finding(f"nothing was pushed for {now - times[-1]:.2f} s, {allowed:.2f} s allowed",
                      "push")  # fmt: skip
