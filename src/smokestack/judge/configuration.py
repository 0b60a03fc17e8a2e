"""configuration.*: do the servers run with what the system promises, and take what is new?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from smokestack.configuration import Intervals, Loaded, LogSchema, Reloads, Retention, Snapshot
from smokestack.judge import logs
from smokestack.judge.conclude import conclude
from smokestack.judge.counters import deltas, restarted, scrape_windows
from smokestack.judge.metrics import counter_delta
from smokestack.results import Evidence, Finding, Judgement, Verdict
from smokestack.samples import Container, Ledger, Series
from smokestack.system import System, configuration
from smokestack.wait import Waited

GIB = 1024**3
DAY_S = 86400.0
TOLERANCE = 0.01
"""Rounding to whole milliseconds may change a divided interval by this share at most."""


def retention(
    promised: configuration.MetricsRetention, seen: Retention, query: str, repeat: str
) -> Judgement:
    """A server keeps what it has as long as promised, and deletes it then."""
    findings = []
    if seen.seconds != promised.time:
        findings.append(Finding(f"kept for {_days(seen.seconds)}, expected {_days(promised.time)}"))
    if promised.size is not None and seen.size != promised.size:
        findings.append(Finding(f"kept up to {_size(seen.size)}, expected {_size(promised.size)}"))
    if not seen.enforced:
        findings.append(Finding("nothing is ever deleted: retention is not enabled", "compactor"))
    wanted = _days(promised.time) + (f" or {_size(promised.size)}" if promised.size else "")
    told = _days(seen.seconds) + (f" or {_size(seen.size)}" if seen.size else "")
    enforced = "" if seen.enforced else ", not enforced"
    evidence = Evidence("retention", query, f"{told}{enforced}", wanted, repeat)
    return conclude(f"kept for {wanted}", findings, [evidence])


def schema(
    promised: configuration.LogSchema, seen: LogSchema, query: str, repeat: str
) -> Judgement:
    """Loki stores what comes today by the promised schema."""
    pairs = {
        "schema": (seen.version, promised.version),
        "store": (seen.store, promised.store),
        "index period": (_days(seen.index_period_s), _days(promised.index_period)),
    }
    findings = [
        Finding(f"{what} is {told}, expected {wanted}")
        for what, (told, wanted) in pairs.items()
        if told != wanted
    ]
    evidence = [
        Evidence(what, query, told, wanted, repeat) for what, (told, wanted) in pairs.items()
    ]
    shown = f"{seen.version}, {seen.store}, a new index every {_days(seen.index_period_s)}"
    return conclude(shown, findings, evidence)


def intervals(
    promised: configuration.Intervals, seen: Intervals, factor: float, query: str, repeat: str
) -> Judgement:
    """Where a job or group says nothing, Prometheus works as often as promised: its intervals,
    times the factor by which the pace divided them.
    """
    pairs = {
        "scrapes": (seen.scrape_s * factor, promised.scrape),
        "evaluates rules": (seen.evaluation_s * factor, promised.evaluation),
    }
    findings = [
        Finding(f"Prometheus {what} every {told:g} s, expected {wanted:g} s")
        for what, (told, wanted) in pairs.items()
        if abs(told - wanted) > wanted * TOLERANCE
    ]
    evidence = [
        Evidence(what, query, f"every {told:g} s", f"every {wanted:g} s", repeat)
        for what, (told, wanted) in pairs.items()
    ]
    summary = f"scrapes every {promised.scrape:g} s, evaluates every {promised.evaluation:g} s"
    return conclude(summary, findings, evidence)


def reload(seen: Reloads, evidence: Iterable[Evidence]) -> Judgement:
    """Prometheus takes a new configuration without a restart, and keeps the old one where the new
    one is broken.
    """
    summary = "taken in without a restart; a broken one was refused, and the old one stayed"
    return conclude(summary, list(_of_reload(seen)), list(evidence))


def _of_reload(seen: Reloads) -> Iterator[Finding]:
    if seen.refused is not None:
        yield Finding(f"Prometheus does not reload: {seen.refused}", "Prometheus' arguments")
    if seen.changed is not None:
        yield from _of_change(seen, seen.changed)
    if seen.changed is not None and seen.broken is not None:
        yield from _of_broken(seen, seen.changed, seen.broken)
    if seen.restored is not None and seen.restored.jobs != seen.before.jobs:
        yield Finding("Prometheus' own configuration could not be put back")


def _of_change(seen: Reloads, changed: Loaded) -> Iterator[Finding]:
    if seen.added not in changed.jobs:
        yield Finding(f"a job that was added is not there after a reload: {seen.added}")
    if changed.at <= seen.before.at:
        yield Finding("the time of the last successful reload did not move")
    if changed.started_at != seen.before.started_at:
        yield Finding("Prometheus was started anew to take a configuration in")


def _of_broken(seen: Reloads, changed: Loaded, broken: Loaded) -> Iterator[Finding]:
    if seen.refused_broken is None:
        yield Finding("a broken configuration was not refused")
    if broken.successful:
        yield Finding("prometheus_config_last_reload_successful is 1 after a broken one")
    if broken.jobs != changed.jobs:
        yield Finding("the old configuration did not stay when a broken one came")


def snapshot(system: System, ledger: Ledger, seen: Snapshot, evidence: Evidence) -> Judgement:
    """A snapshot, read by another program, has each request of the run as often as it must."""
    if seen.failed is not None:
        return conclude("", [Finding(seen.failed)], [evidence])
    windows = scrape_windows(seen.samples, ledger)
    difference = deltas(seen.samples, windows, system.metrics.counters)
    judged = counter_delta(
        system, ledger, windows, difference, restarted(seen.samples), None, evidence
    )
    if judged.verdict is not Verdict.MET:
        return replace(judged, summary=f"in the snapshot: {judged.summary}")
    return replace(judged, summary=f"read back, {seen.size / 1024:.0f} KiB: {judged.summary}")


def log_backup(
    system: System,
    ledger: Ledger,
    ready: Waited[bool],
    counted: Iterable[Series],
    evidence: Evidence,
) -> Judgement:
    """A second Loki, on a copy of the data, has each request of the run as often as it must."""
    if not ready.met:
        why = f"a Loki on a copy of the data is not ready after {ready.allowed_s:g} s"
        return conclude("", [Finding(why)], [evidence], waited=ready)
    judged = logs.count(system, ledger, counted, ready, evidence)
    if judged.verdict is not Verdict.MET:
        return replace(judged, summary=f"in the backup: {judged.summary}")
    return replace(judged, summary=f"read back by a second Loki: {judged.summary}")


def log_rotation(promised: configuration.LogRotation, containers: Iterable[Container]) -> Judgement:
    """The engine cuts what each container writes at the promised size and number of files."""
    wanted = {"max-size": promised.max_size, "max-file": str(promised.max_file)}
    seen = list(containers)
    findings = [
        Finding(f"{one.service}: {name} is {one.log_options.get(name, 'not set')}, expected {want}")
        for one in seen
        for name, want in wanted.items()
        if one.log_options.get(name) != want
    ]
    evidence = [
        Evidence(
            "log options",
            one.service,
            _options({name: one.log_options.get(name, "not set") for name in wanted}),
            _options(wanted),
            f"docker inspect --format '{{{{json .HostConfig.LogConfig}}}}' {one.name}",
        )
        for one in seen
    ]
    summary = f"{len(seen)} containers: {promised.max_file} files of {promised.max_size}"
    return conclude(summary, findings, evidence, exercised=len(seen))


def _options(options: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in options.items())


def _days(seconds: float | None) -> str:
    if seconds is None:
        return "ever"
    return f"{seconds / DAY_S:g} d" if seconds % DAY_S == 0 else f"{seconds / 3600:g} h"


def _size(size: float | None) -> str:
    return "any size" if size is None else f"{size / GIB:g} GiB"
