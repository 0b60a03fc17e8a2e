"""logs.*: did every access event arrive once, whole, on time and in order?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from smokestack.judge.conclude import conclude
from smokestack.judge.counting import Key, count_findings, expected_counts, unknown_note
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
    findings = count_findings(expected, counted(system, series), "logged")
    summary = f"{expected.total} of {expected.total} events logged{unknown_note(expected)}"
    return conclude(summary, findings, [evidence], exercised=expected.total, waited=waited)


def access_lines(system: System, lines: Iterable[LogLine]) -> list[LogLine]:
    """Those lines that are access events."""
    access = given(system.logs).access
    return [line for line in lines if line.fields.get(access.field) == access.value]


def identity(
    system: System, ledger: Ledger, lines: Sequence[LogLine], evidence: Evidence
) -> Judgement:
    """None lost and none doubled, by correlation id and service."""
    names = given(system.logs).names
    events: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in access_lines(system, lines):
        key = (_service(system, line), _text(line, names.correlation_id))
        events[key].append(_text(line, names.event_id))
    findings, wanted = [], set()
    for request in ledger.requests:
        route = system.route(request.method, request.route)
        for service in route.services if route else ():
            key = (service, request.correlation_id)
            wanted.add(key)
            copies = system.copies(route, "logs") if route else 0
            findings += _off(key, events.get(key, []), copies, request)
    findings += [
        Finding(f"{service}: an event with id {correlation}, which the ledger does not have")
        for service, correlation in sorted(set(events) - wanted)
    ]
    total = sum(map(len, events.values()))
    return conclude(
        f"{total} events, none lost, none doubled",
        findings,
        [evidence],
        exercised=total + len(findings),
    )


def _off(key: tuple[str, str], seen: Sequence[str], copies: int, request: Request) -> list[Finding]:
    service, correlation = key
    if len(seen) == copies or (request.status is None and len(seen) <= copies):
        return []
    where = f"{service}: {request.method} {request.route} ({correlation})"
    if len(seen) < copies:
        return [Finding(f"{where}: lost, {len(seen)} of {copies} events")]
    how = "shipped" if len(set(seen)) < len(seen) else "written"
    return [Finding(f"{where}: {how} {len(seen)} times, expected {copies}")]


def error_event(
    system: System, ledger: Ledger, lines: Sequence[LogLine], evidence: Evidence
) -> Judgement:
    """Each request to the error endpoint left its ERROR, with its correlation id."""
    error, names = given(system.logs).error, given(system.logs).names
    asked = [r for r in ledger.requests if r.route == error.route and r.status is not None]
    seen = Counter(
        _text(line, names.correlation_id)
        for line in lines
        if line.fields.get(given(system.logs).access.field) == error.event
        and _text(line, names.level).lower() == "error"
        and line.labels.get(names.level, "").lower() == "error"
    )
    findings = [
        Finding(f"{r.correlation_id}: {seen[r.correlation_id]} ERROR events, expected 1")
        for r in asked
        if seen[r.correlation_id] != 1
    ]
    return conclude(
        f"{len(asked)} errors, each logged as ERROR", findings, [evidence], exercised=len(asked)
    )


def fields(
    system: System, ledger: Ledger, lines: Sequence[LogLine], evidence: Evidence
) -> Judgement:
    """Every access event has the fields and labels, and says what the ledger says."""
    by_id = {request.correlation_id: request for request in ledger.requests}
    findings: Counter[str] = Counter()
    access = access_lines(system, lines)
    for line in access:
        service = _service(system, line)
        for name in given(system.logs).fields:
            if line.fields.get(name) in (None, ""):
                findings[f"{service}: field {name!r} is missing"] += 1
        for name in given(system.logs).labels:
            if not line.labels.get(name):
                findings[f"{service}: label {name!r} is missing"] += 1
        for problem in _contradicts(system, line, by_id):
            findings[f"{service}: {problem}"] += 1
    return conclude(
        f"{len(access)} events with {len(given(system.logs).fields)} fields and "
        f"{len(given(system.logs).labels)} labels each",
        [Finding(f"{text} in {number} events") for text, number in sorted(findings.items())],
        [evidence],
        exercised=len(access),
    )


def _contradicts(system: System, line: LogLine, by_id: Mapping[str, Request]) -> Iterable[str]:
    names = given(system.logs).names
    request = by_id.get(_text(line, names.correlation_id))
    if request is None:
        return
    pairs = {names.method: request.method, names.route: request.route}
    if request.status is not None:
        pairs[names.status] = str(request.status)
    for name, wanted in pairs.items():
        if _text(line, name) != wanted:
            yield f"{name} is {_text(line, name) or 'missing'!r}, sent was {wanted!r}"
    service = _service(system, line)
    if _text(line, names.service) != service:
        yield f"field {names.service} is {_text(line, names.service)!r}, label is {service!r}"


def timestamps(
    system: System, ledger: Ledger, lines: Sequence[LogLine], evidence: Evidence
) -> Judgement:
    """Each line's time lies within its request, give or take the declared bound."""
    by_id = {request.correlation_id: request for request in ledger.requests}
    bound, off, worst = given(system.logs).timestamp_bound, [], 0.0
    looked_at = 0
    for line in access_lines(system, lines):
        request = by_id.get(_text(line, given(system.logs).names.correlation_id))
        if request is None:
            continue
        looked_at += 1
        error = max(request.sent_at - line.at, line.at - request.ended_at, 0.0)
        worst = max(worst, error)
        if error > bound:
            direction = "before" if line.at < request.sent_at else "after"
            off.append(
                Finding(
                    f"{_service(system, line)}: {request.correlation_id} is stamped "
                    f"{error:.2f} s {direction} its request"
                )
            )
    return conclude(
        f"{looked_at} timestamps true to {worst * 1000:.0f} ms",
        off,
        [evidence],
        exercised=looked_at,
    )


def order(system: System, lines: Sequence[LogLine], evidence: Evidence) -> Judgement:
    """Lines of one service come back in the order in which they were written."""
    name = given(system.logs).names.order
    last: dict[str, tuple[int, float]] = {}
    findings = []
    numbered = [line for line in lines if _number(line, name) is not None]
    for line in sorted(numbered, key=lambda line: line.at):
        service, number = _service(system, line), _number(line, name)
        before = last.get(service)
        if before and number is not None and number <= before[0] and line.at > before[1]:
            findings.append(
                Finding(f"{service}: event {number} is stamped after event {before[0]}")
            )
        if number is not None and (before is None or number > before[0]):
            last[service] = (number, line.at)
    return conclude(
        f"{len(numbered)} lines in order", findings, [evidence], exercised=len(numbered)
    )


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


def _service(system: System, line: LogLine) -> str:
    return line.labels.get(given(system.logs).service_label, "")


def _text(line: LogLine, name: str) -> str:
    value = line.fields.get(name)
    return "" if value is None else str(value)


def _number(line: LogLine, name: str) -> int | None:
    value = line.fields.get(name)
    return value if isinstance(value, int) else None
