"""logs.*: did every access event arrive once, whole, on time and in order?"""

from __future__ import annotations

import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from smokestack.judge.access import Events, access_lines, service_of, text_of
from smokestack.judge.cause import more_than_made
from smokestack.judge.conclude import Differences, conclude
from smokestack.judge.counting import (
    Declared,
    Key,
    count_findings,
    covers,
    expected_counts,
    unknown_note,
)
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import Ledger, LogLine, Request, Series
from smokestack.system import System, given
from smokestack.wait import Waited


def counted(system: System, series: Iterable[Series]) -> dict[Key, float]:
    """Log events by key, from the grouped count query."""
    sums: defaultdict[Key, float] = defaultdict(float)
    for one in series:
        of = one.labels
        sums[
            of.get(given(system.logs).service_label, ""), of.get("method", ""),
            of.get("route", ""), of.get("status", ""),
        ] += one.value  # fmt: skip
    return dict(sums)


def count(
    system: System,
    ledger: Ledger,
    series: Iterable[Series],
    waited: Waited[object],
    evidence: Evidence,
) -> Judgement:
    """Log events = ledger × declared copies, for every key."""
    expected = expected_counts(system, ledger, "logs")
    found = counted(system, series)
    findings = count_findings(expected, found, "logged")
    summary = f"{expected.total} of {expected.total} events logged{unknown_note(expected)}"
    judged = conclude(summary, findings, [evidence], exercised=expected.total, waited=waited)
    return more_than_made(judged, "logs", nothing_lost=covers(found, expected))


def identity(
    system: System, ledger: Ledger, lines: Iterable[LogLine], evidence: Evidence
) -> Judgement:
    """None lost and none doubled, by correlation id and service."""
    events, declared = Events(system, ledger), Declared(system)
    for line in access_lines(system, lines):
        events.add(line)
    findings, lost = Differences(), False
    for request in ledger.requests:
        route, copies = declared.route(request), declared.copies(request, "logs")
        for service in route.services if route else ():
            seen = events.of(service, request)
            if text := _off(service, seen, copies, request):
                findings.add(text)
                lost = lost or seen[0] < copies
    for service, correlation in sorted(events.strange):
        findings.add(f"{service}: an event with id {correlation}, which the ledger does not have")
    judged = conclude(
        f"{events.total} events, none lost, none doubled",
        findings,
        [evidence],
        exercised=events.total + len(findings),
    )
    return more_than_made(judged, "logs", nothing_lost=not lost and not events.strange)


def _off(service: str, seen: tuple[int, int], copies: int, request: Request) -> str | None:
    number, distinct = seen
    if number == copies or (request.status is None and number <= copies):
        return None
    where = f"{service}: {request.method} {request.route} ({request.correlation_id})"
    if number < copies:
        return f"{where}: lost, {number} of {copies} events"
    how = "shipped" if distinct < number else "written"
    return f"{where}: {how} {number} times, expected {copies}"


def error_event(
    system: System, ledger: Ledger, lines: Iterable[LogLine], evidence: Evidence
) -> Judgement:
    """Each request to the error endpoint left its ERROR, with its correlation id."""
    error, names = given(system.logs).error, given(system.logs).names
    seen = Counter(
        text_of(line, names.correlation_id)
        for line in lines
        if line.fields.get(given(system.logs).access.field) == error.event
        and text_of(line, names.level).lower() == "error"
        and line.labels.get(names.level, "").lower() == "error"
    )
    findings, asked, lost = Differences(), 0, False
    for request in ledger.requests:
        if request.route != error.route or request.status is None:
            continue
        asked += 1
        if (number := seen[request.correlation_id]) != 1:
            findings.add(f"{request.correlation_id}: {number} ERROR events, expected 1")
            lost = lost or not number
    met = f"{asked} errors, each logged as ERROR"
    judged = conclude(met, findings, [evidence], exercised=asked)
    return more_than_made(judged, "logs", nothing_lost=not lost)


def fields(
    system: System, ledger: Ledger, lines: Iterable[LogLine], evidence: Evidence
) -> Judgement:
    """Every access event has the fields and labels, and says what the ledger says."""
    findings: Counter[str] = Counter()
    looked_at = 0
    for line in access_lines(system, lines):
        looked_at += 1
        service = service_of(system, line)
        for name in given(system.logs).fields:
            if line.fields.get(name) in (None, ""):
                findings[f"{service}: field {name!r} is missing"] += 1
        for name in given(system.logs).labels:
            if not line.labels.get(name):
                findings[f"{service}: label {name!r} is missing"] += 1
        for problem in _contradicts(system, line, ledger):
            findings[f"{service}: {problem}"] += 1
    return conclude(
        f"{looked_at} events with {len(given(system.logs).fields)} fields and "
        f"{len(given(system.logs).labels)} labels each",
        [Finding(f"{text} in {number} events") for text, number in sorted(findings.items())],
        [evidence],
        exercised=looked_at,
    )


def _contradicts(system: System, line: LogLine, ledger: Ledger) -> Iterable[str]:
    names = given(system.logs).names
    request = ledger.of_correlation(text_of(line, names.correlation_id))
    if request is None:
        return
    pairs = {names.method: request.method, names.route: request.route}
    if request.status is not None:
        pairs[names.status] = str(request.status)
    for name, wanted in pairs.items():
        if text_of(line, name) != wanted:
            yield f"{name} is {text_of(line, name) or 'missing'!r}, sent was {wanted!r}"
    service = service_of(system, line)
    if text_of(line, names.service) != service:
        yield f"field {names.service} is {text_of(line, names.service)!r}, label is {service!r}"


def timestamps(
    system: System, ledger: Ledger, lines: Iterable[LogLine], evidence: Evidence
) -> Judgement:
    """Each line's time lies within its request, give or take the declared bound."""
    bound, off, worst = given(system.logs).timestamp_bound, Differences(), 0.0
    looked_at = 0
    for line in access_lines(system, lines):
        request = ledger.of_correlation(text_of(line, given(system.logs).names.correlation_id))
        if request is None:
            continue
        looked_at += 1
        error = max(request.sent_at - line.at, line.at - request.ended_at, 0.0)
        worst = max(worst, error)
        if error > bound:
            direction = "before" if line.at < request.sent_at else "after"
            off.add(
                f"{service_of(system, line)}: {request.correlation_id} is stamped "
                f"{error:.2f} s {direction} its request"
            )
    return conclude(
        f"{looked_at} timestamps true to {worst * 1000:.0f} ms",
        off,
        [evidence],
        exercised=looked_at,
    )


def order(system: System, lines: Iterable[LogLine], evidence: Evidence) -> Judgement:
    """Lines of one service come back in the order in which they were written."""
    last: dict[str, tuple[int, float]] = {}
    findings = Differences()
    at, numbers, services = _numbered(system, lines)
    for n in sorted(range(len(at)), key=at.__getitem__):
        service, number, before = services[n], numbers[n], last.get(services[n])
        if before and number <= before[0] and at[n] > before[1]:
            findings.add(f"{service}: event {number} is stamped after event {before[0]}")
        if before is None or number > before[0]:
            last[service] = (number, at[n])
    return conclude(f"{len(at)} lines in order", findings, [evidence], exercised=len(at))


def _numbered(
    system: System, lines: Iterable[LogLine]
) -> tuple[Sequence[float], Sequence[int], Sequence[str]]:
    """Times, numbers and services of the lines that have a number."""
    name = given(system.logs).names.order
    at, numbers, services = array("d"), array("q"), []
    for line in lines:
        number = _number(line, name)
        if number is not None:
            at.append(line.at)
            numbers.append(number)
            services.append(sys.intern(service_of(system, line)))
    return at, numbers, services


def host(
    file: str,
    file_label: str,
    lines: Sequence[LogLine],
    strays: Sequence[LogLine],
    waited: Waited[object],
    asked: Sequence[Evidence],
) -> Judgement:
    """The one line that was written to a file of the host is there once, under its name, and not
    among the application's (`strays`).
    """
    findings = []
    if len(lines) != 1:
        what = f"shipped {len(lines)} times, expected 1" if lines else "lost, 0 of 1 lines"
        findings.append(Finding(f"{file}: {what}", "host"))
    names = {line.labels.get(file_label) for line in lines}
    findings += [
        Finding(f"{file}: label {file_label!r} is {name or 'missing'!r}", "host")
        for name in sorted(names - {file}, key=str)
    ]
    if strays:
        findings.append(Finding(f"{file}: its line is among the application's", "host"))
    summary = f"a line of {file} shipped once, apart from the application's"
    return conclude(summary, findings, asked, waited=waited)


def _number(line: LogLine, name: str) -> int | None:
    value = line.fields.get(name)
    return value if isinstance(value, int) else None
