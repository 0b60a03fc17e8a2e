"""metrics.*: was every request counted, exactly, under the right names?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from smokestack.judge.conclude import conclude, named, unmeasured
from smokestack.judge.counters import Deltas, ScrapeWindow
from smokestack.judge.counting import (
    Key,
    count_findings,
    errors_of,
    expected_counts,
    unknown_note,
)
from smokestack.results import Cause, CauseKind, Evidence, Finding, Judgement
from smokestack.samples import Exemplar, Ledger, Series, Trace
from smokestack.system import System
from smokestack.wait import Waited

BASE_UNITS = ("_seconds", "_bytes", "_ratio", "_celsius", "_volts", "_meters", "_joules", "_grams")
FOREIGN_UNITS = ("_milliseconds", "_ms", "_microseconds", "_us", "_minutes", "_hours", "_kb", "_mb",
                 "_kilobytes", "_megabytes", "_percent")  # fmt: skip
"""Prometheus' naming practice: base units, and `_total` for counters, for nothing else."""


def not_scraped(system: System, windows: Iterable[ScrapeWindow]) -> list[Finding]:
    """Services of the application without a scrape before the first and after the last request."""
    by_instance = {w.instance: w for w in windows}
    findings = []
    for job in system.scrape:
        if job.job not in system.application.services:
            continue
        window = by_instance.get(job.target)
        if window is None:
            findings.append(
                Finding(f"{job.job}: Prometheus has no scrape of {job.target}", "scrape")
            )
        elif window.closed_at is None:
            findings.append(
                Finding(f"{job.job}: no successful scrape after the last response", "scrape")
            )
        elif window.opened_at is None:
            findings.append(
                Finding(f"{job.job}: no successful scrape before the first request", "scrape")
            )
    return findings


def counter_delta(
    system: System,
    ledger: Ledger,
    windows: Sequence[ScrapeWindow],
    difference: Deltas,
    restarts: Sequence[str],
    waited: Waited[object] | None,
    evidence: Evidence,
) -> Judgement:
    """Difference of the raw request counter = ledger × declared copies, for every key; of the
    error counter, if the system has one, for those answered with an error.
    """
    if restarts or difference.broken:
        reason = [f"{instance} was restarted" for instance in restarts] + list(difference.broken)
        return unmeasured("; ".join(reason), [evidence])
    expected = expected_counts(system, ledger, "metrics")
    observed = counted(system, difference, system.metrics.requests)
    unscraped = not_scraped(system, windows)
    findings = unscraped + count_findings(expected, observed, "counted")
    summary = f"{expected.total} of {expected.total} copies counted{unknown_note(expected)}"
    if name := system.metrics.errors:
        failed = errors_of(expected)
        findings += count_findings(failed, counted(system, difference, name), f"in {name}")
        summary += f", {failed.total} of them as errors"
    judged = conclude(summary, findings, [evidence], exercised=expected.total, waited=waited)
    if not unscraped:
        return judged
    told = unscraped[0].detail
    return replace(judged, cause=Cause(CauseKind.LOST, told, signal="metrics", hop="scrape"))


def histogram_count(
    system: System,
    windows: Sequence[ScrapeWindow],
    difference: Deltas,
    waited: Waited[object],
    evidence: Evidence,
) -> Judgement:
    """Each histogram has observed each request that the counter counted."""
    if difference.broken:
        return unmeasured("; ".join(difference.broken), [evidence])
    names = system.metrics.histograms
    counter = counted(system, difference, system.metrics.requests)
    findings = [
        finding
        for name in names
        for finding in _unlike(
            counter,
            counted(system, difference, f"{name}_count"),
            "histogram" if len(names) == 1 else name,
        )
    ]
    unseen = not_scraped(system, windows)
    if unseen and not findings:
        return unmeasured("; ".join(finding.detail for finding in unseen), [evidence])
    total = sum(counter.values())
    several = f" in each of {len(names)} histograms" if len(names) > 1 else ""
    summary = f"{total:g} observations{several}, as many as the counter has"
    return conclude(summary, findings, [evidence], exercised=int(total), waited=waited)


def _unlike(
    counter: Mapping[Key, float], histogram: Mapping[Key, float], called: str
) -> Iterable[Finding]:
    for key in sorted(set(counter) | set(histogram)):
        if counter.get(key, 0) != histogram.get(key, 0):
            service, method, route, status = key
            yield Finding(
                f"{service}: {method} {route} {status}: counter {counter.get(key, 0):g}, "
                f"{called} {histogram.get(key, 0):g}"
            )


def counted(system: System, difference: Deltas, name: str) -> dict[Key, float]:
    """Differences of one metric summed over instances; keys that did not move are left out.

    A series without the service label is the job's: a label that is missing shows as ''.
    """
    labels = system.metrics.labels
    sums: defaultdict[Key, float] = defaultdict(float)
    for (metric, pairs), value in difference.by_labels.items():
        if metric == name and value:
            of = dict(pairs)
            sums[
                of.get(labels.service, ""), of.get(labels.method, ""),
                of.get(labels.route, ""), of.get(labels.status, ""),
            ] += value  # fmt: skip
    return dict(sums)


def exemplars(
    system: System,
    ledger: Ledger,
    stored: Sequence[Exemplar],
    traces: Mapping[str, Trace],
    evidence: Evidence,
    *,
    shared: bool = False,
) -> Judgement:
    """Each exemplar is of our traffic and its trace exists; each exercised histogram has one.
    Where others send too (`shared`), theirs are kept beside ours, and only ours are judged.
    """
    ours = ledger.by_trace
    kept, stored = stored, ours_of(ledger, stored) if shared else stored
    findings = [
        Finding(
            f"an exemplar of {_series(e)} carries trace id {e.trace_id or 'none'}, not of this run"
        )
        for e in stored
        if e.trace_id not in ours
    ]
    findings += [
        Finding(f"an exemplar of {_series(e)} leads to trace {e.trace_id}, which does not exist")
        for e in stored
        if e.trace_id in ours and e.trace_id not in traces
    ]
    label = system.metrics.labels
    have = {(e.labels.get(label.service, ""), e.labels.get(label.route, "")) for e in kept}
    for method, path, _ in ledger.counts:
        route = system.route(method, path)
        if route and system.copies(route, "metrics") and system.copies(route, "traces"):
            findings += [
                Finding(f"{service}: the histogram of {path} has no exemplar")
                for service in route.services
                if (service, path) not in have
            ]
    unique = tuple(dict.fromkeys(findings))
    return conclude(
        f"{len(stored)} exemplars, each of a trace of this run",
        unique,
        [evidence],
        exercised=len(stored) + len(unique),
    )


def ours_of(ledger: Ledger, stored: Iterable[Exemplar]) -> list[Exemplar]:
    """The exemplars of our own requests."""
    return [one for one in stored if one.trace_id in ledger.by_trace]


def families(
    promised: Mapping[str, str], types: Mapping[str, str], present: set[str], repeat: str
) -> Judgement:
    """Every family that was promised exists in the stack, with its type."""
    findings, evidence, untyped = [], [], []
    for name, kind in sorted(promised.items()):
        series = name + "_count" if kind in ("histogram", "summary") else name
        seen = _type_of(name, types)
        evidence.append(Evidence("family", name, f"{seen or 'no type'}", kind, repeat))
        if series not in present:
            findings.append(Finding(f"no series of {name} ({kind})"))
        elif seen is None:
            untyped.append(name)
        elif seen != kind:
            findings.append(Finding(f"{name} is a {seen}, expected a {kind}"))
    if untyped and not findings:
        return unmeasured(f"Prometheus has no type of {named(untyped)}", evidence)
    summary = f"{len(evidence)} families as expected"
    return conclude(summary, findings, evidence, exercised=len(evidence))


def naming(
    exposed: Mapping[str, str], samples: Collection[str], unconventional: Collection[str] = ()
) -> Judgement:
    """The application's metrics follow Prometheus' naming practice, but for those that are
    promised under names that do not.

    `exposed` has the type of each family; OpenMetrics names a counter's without `_total`, so
    `samples`, the names of its series, decide. A counter that has none yet breaks no rule.
    """
    findings = []
    excepted = sorted(set(exposed) & set(unconventional))
    for name, kind in sorted(exposed.items()):
        if name in excepted:
            continue
        if kind == "counter" and name in samples and not name.endswith("_total"):
            findings.append(Finding(f"counter {name} does not end in _total"))
        if kind == "gauge" and name.endswith("_total"):
            findings.append(Finding(f"gauge {name} ends in _total, which promises a counter"))
        if kind == "histogram" and not name.endswith(BASE_UNITS):
            findings.append(Finding(f"histogram {name} does not end in a base unit"))
        if name.removesuffix("_total").endswith(FOREIGN_UNITS):
            findings.append(Finding(f"{name} is not in a base unit (seconds, bytes, ratio)"))
    names = Evidence("names", "/api/v1/metadata", named(sorted(exposed), 20), "base units, _total")
    but = f"; promised although they do not: {named(excepted)}" if excepted else ""
    summary = f"{len(exposed) - len(excepted)} names follow the practice{but}"
    return conclude(summary, findings, [names], exercised=len(exposed))


def cardinality(system: System, series: Iterable[Series], repeat: str) -> Judgement:
    """Series per job of the application, and per metric, within the budget."""
    budget = system.metrics.cardinality
    per_job: dict[str, float] = defaultdict(float)
    findings = []
    for one in series:
        job, name = one.labels.get("job", ""), one.labels.get("__name__", one.name)
        if job not in system.application.services or _of_scraping(name):
            continue
        per_job[job] += one.value
        if one.value > budget.metric:
            findings.append(
                Finding(f"{job}: {name} has {one.value:g} series, {budget.metric} allowed")
            )
    findings += [
        Finding(f"{job} has {count:g} series, {budget.job} allowed")
        for job, count in sorted(per_job.items())
        if count > budget.job
    ]
    shown = ", ".join(f"{job} {count:g}" for job, count in sorted(per_job.items()))
    evidence = Evidence(
        "series", "count by (job, __name__)", shown, f"≤ {budget.job} a job", repeat
    )
    absent = sorted(set(system.application.services) - set(per_job))
    if absent and not findings:
        return unmeasured(f"no series of {named(absent)} to be counted", [evidence])
    summary = f"{shown} series of {budget.job}"
    return conclude(summary, findings, [evidence], exercised=len(per_job))


def _of_scraping(name: str) -> bool:
    """Series that Prometheus makes of each scrape, whether or not the target answered."""
    return name == "up" or name.startswith("scrape_")


def _series(exemplar: Exemplar) -> str:
    labels = exemplar.labels
    return f"{exemplar.metric}{{{labels.get('service', '')} {labels.get('route', '')}}}"


def _type_of(name: str, types: Mapping[str, str]) -> str | None:
    """Prometheus keeps a counter's metadata with or without `_total`, as it was exposed."""
    return types.get(name) or types.get(name.removesuffix("_total"))
