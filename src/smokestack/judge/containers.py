"""containers.*: does the engine hold the servers to their limits, and did all of them live?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from smokestack.judge.conclude import conclude, named, unmeasured
from smokestack.results import Cause, CauseKind, Evidence, Finding, Judgement
from smokestack.samples import Container, Output
from smokestack.system import Limit
from smokestack.wait import Waited

MIB = 1024**2


def limits(expected: Mapping[str, Limit], containers: Iterable[Container]) -> Judgement:
    """Each container that runs has the limits that system.yaml gives it, and none runs beyond.

    A server that does not run (Tempo, when Jaeger stands in) is left out: other checks miss it.
    """
    running = {one.service: one for one in containers}
    findings = [
        Finding(f"{name} runs, and system.yaml gives it no limits")
        for name in sorted(set(running) - set(expected))
    ]
    named = sorted(set(running) & set(expected))
    for name in named:
        findings += _differences(running[name], expected[name])
    evidence = [
        Evidence(
            "limits",
            name,
            _shown(running[name].cpus, running[name].memory),
            _shown(expected[name].cpus, expected[name].memory),
            f"docker inspect --format '{{{{json .HostConfig}}}}' {running[name].name}",
        )
        for name in named
    ]
    summary = f"{len(named)} containers held to their limits"
    return conclude(summary, findings, evidence, exercised=len(named))


def _differences(container: Container, limit: Limit) -> list[Finding]:
    findings = []
    if container.cpus != limit.cpus:
        seen = "no limit" if container.cpus is None else f"{container.cpus:g}"
        findings.append(
            Finding(f"{container.service} may use {seen} of CPU, expected {limit.cpus:g}")
        )
    if container.memory != limit.memory:
        seen = "any memory" if container.memory is None else f"{container.memory / MIB:g} MiB"
        findings.append(
            Finding(f"{container.service} may use {seen}, expected {limit.memory / MIB:g} MiB")
        )
    return findings


def _shown(cpus: float | None, memory: float | None) -> str:
    cores = "no limit" if cpus is None else f"{cpus:g} cores"
    return f"{cores}, {'no limit' if memory is None else f'{memory / MIB:g} MiB'}"


def steady(containers: Iterable[Container]) -> Judgement:
    """No container ended during the run, was restarted, or was killed for memory."""
    seen = list(containers)
    findings = [Finding(f"{one.service} {end}", "container") for one in seen for end in one.ends]
    evidence = [
        Evidence(
            "container",
            one.service,
            "; ".join(one.ends) or f"running, {one.restarts} restarts",
            "running since it was started",
            f"docker inspect --format '{{{{.State.Status}}}} {{{{.RestartCount}}}}' {one.name}",
        )
        for one in seen
    ]
    summary = f"{len(seen)} containers ran without an end"
    judged = conclude(summary, findings, evidence, exercised=len(seen))
    return replace(judged, of_servers=True, cause=_cause([one for one in seen if one.ends]))


def _cause(ended: Sequence[Container]) -> Cause | None:
    """A single server that ended is also why what asks it cannot be told."""
    if len(ended) != 1:
        return None
    [one] = ended
    return Cause(CauseKind.ENDED, f"{one.service} {one.ends[0]}", one.service)


def metrics(
    services: Iterable[str], found: Mapping[str, Waited[Collection[str]]], asked: Sequence[Evidence]
) -> Judgement:
    """Each family of container metrics has a series for each container of this very stack.

    `found`: family -> the services that have one, of this run's Compose project alone; `asked`
    are the queries.
    """
    wanted = set(services)
    if error := next((w.error for w in found.values() if w.error), None):
        return unmeasured(error, asked)
    findings = [
        Finding(f"no {family} of {service}", "cAdvisor")
        for family, waited in found.items()
        for service in sorted(wanted - set(waited.value or ()))
    ]
    slowest = max(found.values(), key=lambda waited: waited.took_s, default=None)
    summary = f"{len(found)} families of {len(wanted)} containers"
    return conclude(summary, findings, asked, exercised=len(found) * len(wanted), waited=slowest)


def output(
    written: Mapping[str, Output], waited: Waited[Mapping[str, float]], asked: Sequence[Evidence]
) -> Judgement:
    """Loki has as many lines of each container as its engine has.

    `written`: service -> what the engine has; `waited`: service -> the lines in Loki, of this
    run's Compose project alone. A service that wrote nothing proves nothing.
    """
    if waited.error:
        return unmeasured(waited.error, asked)
    stored = waited.value or {}
    findings = [
        Finding(_differing(service, one.lines, stored.get(service, 0.0)), "container-logs")
        for service, one in written.items()
        if one.lines and stored.get(service, 0.0) != one.lines
    ]
    silent = [service for service, one in written.items() if not one.lines]
    if silent and not findings:
        return unmeasured(f"no line was written by {named(silent)}", asked)
    lines = sum(one.lines for one in written.values())
    summary = f"{lines} lines of {len(written)} containers, each in Loki once"
    return conclude(summary, findings, asked, exercised=lines, waited=waited)


def _differing(service: str, lines: int, stored: float) -> str:
    apart = f"{service} wrote {lines} lines, Loki has {stored:g}"
    more = stored - lines
    return f"{apart}: {more:g} too many" if more > 0 else f"{apart}: {-more:g} are missing"


SERVICE_LABEL = "container_label_com_docker_compose_service"
PROJECT_LABEL = "container_label_com_docker_compose_project"
"""What cAdvisor makes of Compose's labels (`--store_container_labels`, on by default)."""
