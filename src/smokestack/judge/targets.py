"""targets.*: is everything scraped that must be, by the servers that we think run?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from smokestack.errors import ObservationError
from smokestack.judge.conclude import conclude, named, unmeasured
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import ScrapeTarget
from smokestack.system import ScrapeJob

INTERVAL_TOLERANCE = 0.01
"""Rounding to whole milliseconds may change a divided interval by this share at most."""

ASK_WHOSE = (
    "next: a gateway writes a Date of its own: ask those who run it which clock is off, and "
    "whether NTP runs there; until then, times of servers cannot be compared"
)
"""What to do about a shifted clock that nobody can be told of."""


def jobs(
    expected: Iterable[ScrapeJob], targets: Iterable[ScrapeTarget], factor: float, repeat: str
) -> Judgement:
    """Every expected job with its target and interval is there, and no other."""
    found = {(t.job, t.instance): t for t in targets}
    wanted = {(job.job, job.target): job for job in expected}
    findings = [
        Finding(
            f"scrape job {job!r} with target {instance} is not there", "Prometheus configuration"
        )
        for job, instance in sorted(set(wanted) - set(found))
    ]
    findings += [
        Finding(f"scrape job {job!r} with target {instance} is not in system.yaml")
        for job, instance in sorted(set(found) - set(wanted))
    ]
    for key in sorted(set(found) & set(wanted)):
        asked = wanted[key].interval
        real = found[key].interval_s * asked / wanted[key].as_run(factor)
        if abs(asked - real) > asked * INTERVAL_TOLERANCE:
            findings.append(
                Finding(f"scrape job {key[0]!r} runs every {real:g} s, expected {asked:g} s")
            )
    evidence = Evidence(
        "targets",
        "/api/v1/targets",
        named((f"{job}={instance}" for job, instance in sorted(found)), 12),
        named((f"{job}={instance}" for job, instance in sorted(wanted)), 12),
        repeat,
    )
    summary = f"{len(wanted)} scrape jobs as expected"
    return conclude(summary, findings, [evidence], exercised=len(wanted))


def up(expected: Iterable[ScrapeJob], targets: Iterable[ScrapeTarget], repeat: str) -> Judgement:
    """Every expected target that is there answers its scrapes."""
    wanted = {(job.job, job.target) for job in expected}
    found = [t for t in targets if (t.job, t.instance) in wanted]
    findings = [
        Finding(
            f"{t.job} ({t.instance}) is {t.health}: {t.last_error or 'not scraped yet'}",
            "scrape",
        )
        for t in found
        if t.health != "up"
    ]
    findings += [
        Finding(f"{job} ({instance}) is not scraped at all", "Prometheus configuration")
        for job, instance in sorted(wanted - {(t.job, t.instance) for t in found})
    ]
    evidence = [
        Evidence("target", t.url, f"{t.health} {t.last_error}".strip(), "up", repeat) for t in found
    ]
    return conclude(f"{len(found)} targets up", findings, evidence, exercised=len(found))


def versions(
    expected: Mapping[str, str], told: Mapping[str, str | ObservationError | None]
) -> Judgement:
    """Each server is of the version that the system was proven with, and none runs beyond.

    `told` has None for one that does not say, or why it could not be asked.
    """
    seen = {name: one if isinstance(one, str) else None for name, one in told.items()}
    findings, evidence, silent = [], [], []
    for server, prefix in sorted(expected.items()):
        if server not in seen:
            continue
        version = seen[server]
        evidence.append(Evidence("version", server, version or "unknown", f"{prefix}*"))
        if version is None:
            silent.append(server)
        elif not version.lstrip("v").startswith(prefix):
            findings.append(Finding(f"{server} is {version}, expected {prefix}*"))
    findings += [
        Finding(f"{server} runs, and system.yaml names no version of it")
        for server in sorted(set(seen) - set(expected))
    ]
    if silent and not findings:
        return _silent(f"no version could be had from {', '.join(silent)}", told, evidence)
    shown = ", ".join(f"{e.query} {e.observed}" for e in evidence)
    return conclude(shown, findings, evidence, exercised=len(evidence))


def _silent(
    text: str, told: Mapping[str, str | ObservationError | None], evidence: Sequence[Evidence]
) -> Judgement:
    """Unmeasured, with why each could not be asked."""
    why = [Finding(str(one)) for one in told.values() if isinstance(one, ObservationError)]
    return replace(unmeasured(text, evidence), findings=tuple(why))


def clock_skew(
    bound_s: float,
    skews: Mapping[str, tuple[float, float] | None],
    *,
    hearsay: Collection[str] = (),
) -> Judgement:
    """Each server's clock is within `bound_s` seconds of ours.

    `skews` has (difference, uncertainty) in seconds: half the round trip, and what the source
    rounds to; None for a server that does not tell its time. `hearsay` are servers whose time a
    gateway may have told: one that is off there is unmeasured.
    """
    told = {server: skew for server, skew in skews.items() if skew is not None}
    evidence = [
        Evidence("clock", server, f"{skew:+.3f} s ± {sure:.3f} s", f"within {bound_s:g} s")
        for server, (skew, sure) in sorted(told.items())
    ]
    off = {s: skew for s, (skew, sure) in sorted(told.items()) if abs(skew) - sure > bound_s}
    findings = [
        Finding(f"the clock of {server} is {skew:+.2f} s off ours")
        for server, skew in off.items()
        if server not in hearsay
    ]
    if off and not findings:
        text = ", ".join(f"{skew:+.2f} s off ours for {server}" for server, skew in off.items())
        return replace(
            unmeasured(f"whoever answers has a clock that is {text}", evidence),
            findings=(Finding(ASK_WHOSE),),
        )
    silent = sorted(set(skews) - set(told))
    if silent and not findings:
        return unmeasured(f"{', '.join(silent)} sends no time", evidence)
    worst = max((abs(skew) for skew, _ in told.values()), default=0.0)
    summary = f"{len(told)} clocks within {worst:.2f} s"
    return conclude(summary, findings, evidence, exercised=len(told))
