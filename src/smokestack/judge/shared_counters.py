"""Counters of an application that others use, too: exact where they are ours alone, and elsewhere
grown by at least what we sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from smokestack.judge.conclude import conclude, named, unmeasured
from smokestack.judge.counters import Deltas, ScrapeWindow
from smokestack.judge.counting import (
    Expected,
    Key,
    count_findings,
    errors_of,
    expected_counts,
    unknown_note,
)
from smokestack.judge.metrics import counted
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import Ledger
from smokestack.sharing import Shared
from smokestack.system import System
from smokestack.wait import Waited


@dataclass(frozen=True)
class Share:
    """What one metric has of our requests. `by_label`: whether its labels tell them from others';
    then it is ours alone, and exact.
    """

    counts: dict[Key, float]
    by_label: bool
    shared: Shared | None

    def more(self, key: Key) -> bool:
        """Whether others' requests may be counted under a key."""
        return self.shared is not None and not self.by_label and not self.shared.has(key[2])


def share(system: System, difference: Deltas, name: str, shared: Shared | None) -> Share:
    """Those series of a metric that are ours alone, where it tells; else all of them."""
    if shared is None:
        return Share(counted(system, difference, name), False, None)
    by_label = shared.tells([dict(of) for metric, of in difference.by_labels if metric == name])
    if by_label:
        ours = {of: n for of, n in difference.by_labels.items() if shared.ours(dict(of[1]))}
        difference = replace(difference, by_labels=ours)
    return Share(counted(system, difference, name), by_label, shared)


def counter_delta(
    system: System,
    ledger: Ledger,
    windows: Sequence[ScrapeWindow],
    difference: Deltas,
    restarts: Sequence[str],
    shared: Shared,
    waited: Waited[object] | None,
    evidence: Evidence,
) -> Judgement:
    """The request counter has grown by the ledger × declared copies, or by more where others send
    as well; the error counter by those answered with an error.
    """
    reasons = [f"{instance} was restarted" for instance in restarts]
    if why := [*reasons, *difference.broken, *came_or_went(windows)]:
        return unmeasured("; ".join(why), [evidence])
    expected = expected_counts(system, ledger, "metrics")
    found = share(system, difference, system.metrics.requests, shared)
    findings = unseen(system, windows)
    findings += count_findings(expected, found.counts, "counted", found.more)
    if name := system.metrics.errors:
        errors = share(system, difference, name, shared)
        findings += count_findings(errors_of(expected), errors.counts, f"in {name}", errors.more)
    asked = [evidence, _grown(system.metrics.requests, expected, found)]
    summary = f"{claim(expected, found)} counted{unknown_note(expected)}"
    return conclude(summary, findings, asked, exercised=expected.total, waited=waited)


def histogram_count(
    system: System,
    ledger: Ledger,
    windows: Sequence[ScrapeWindow],
    difference: Deltas,
    shared: Shared,
    waited: Waited[object],
    evidence: Evidence,
) -> Judgement:
    """Each histogram has observed our requests. It is held against the ledger, as the counter is:
    while others send, a scrape may fall between their being counted and being observed.
    """
    if why := [*difference.broken, *came_or_went(windows)]:
        return unmeasured("; ".join(why), [evidence])
    expected = expected_counts(system, ledger, "metrics")
    findings, claims = unseen(system, windows), []
    for name in (f"{one}_count" for one in system.metrics.histograms):
        found = share(system, difference, name, shared)
        findings += count_findings(expected, found.counts, f"in {name}", found.more)
        claims.append(f"{claim(expected, found)} observed in {name}")
    summary = "; ".join(claims) + unknown_note(expected)
    return conclude(summary, findings, [evidence], exercised=expected.total, waited=waited)


def claim(expected: Expected, found: Share) -> str:
    """What is said of counts that are as they must be."""
    open_ended = sum(number for key, number in expected.counts.items() if found.more(key))
    if not open_ended:
        return f"{expected.total} of {expected.total} copies"
    exact = expected.total - open_ended
    among = f" ({exact} of them exactly, on what is ours alone)" if exact else ""
    return f"at least {expected.total} of {expected.total} copies{among}"


def _grown(name: str, expected: Expected, found: Share) -> Evidence:
    grown = sum(found.counts.values())
    told = "of ours" if found.by_label else "with others' requests"
    least = "" if found.by_label else "at least "
    return Evidence("difference", name, f"{grown:g} {told}", f"{least}{expected.total}")


def unseen(system: System, windows: Iterable[ScrapeWindow]) -> list[Finding]:
    """Services of the application of which no instance was scraped before and after the load. How
    their instances are called is not known in a stack of somebody else's.
    """
    whole = {w.job for w in windows if w.opened_at is not None and w.closed_at is not None}
    return [
        Finding(f"{job}: no instance was scraped before the first request and after the last")
        for job in system.application.services
        if job not in whole
    ]


def came_or_went(windows: Iterable[ScrapeWindow]) -> list[str]:
    """Why the counters of a service do not tell, where only some of its instances were there all
    the time: what the others counted of ours is not known.
    """
    partly, whole = defaultdict(list), set()
    for w in windows:
        if w.opened_at is not None and w.closed_at is not None:
            whole.add(w.job)
        elif w.opened_at is not None or w.closed_at is not None:
            partly[w.job].append(w.instance)
    return [
        f"{job}: {named(instances)} came or went meanwhile"
        for job, instances in sorted(partly.items())
        if job in whole
    ]
