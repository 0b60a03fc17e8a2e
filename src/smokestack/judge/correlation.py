"""correlation.*: does each signal lead to the others, for every request?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from smokestack.judge.access import access_lines, service_of
from smokestack.judge.conclude import Differences, conclude
from smokestack.judge.counting import Declared
from smokestack.judge.tallies import Tallies
from smokestack.judge.traces import expected_traces
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import Exemplar, Ledger, LogLine, Request, Span, Trace
from smokestack.system import Route, System, given

HAS_LINE, HAS_TRACE_ID = 1, 2


def exemplar_to_trace(
    system: System,
    ledger: Ledger,
    stored: Sequence[Exemplar],
    traces: Mapping[str, Trace],
    evidence: Evidence,
) -> Judgement:
    """Each exemplar opens a trace of ours in which its service and route took part."""
    labels = system.metrics.labels
    named = {exemplar.trace_id for exemplar in stored}
    took_part = {one: trace.services for one, trace in traces.items() if one in named}
    findings = []
    for exemplar in stored:
        request, services = ledger.of_trace(exemplar.trace_id), took_part.get(exemplar.trace_id)
        service = exemplar.labels.get(labels.service, "")
        route = exemplar.labels.get(labels.route, "")
        if request is None:
            findings.append(
                Finding(f"exemplar {exemplar.trace_id or 'without id'} is not of this run")
            )
        elif services is None:
            findings.append(
                Finding(f"exemplar of {route} opens {exemplar.trace_id}: no such trace")
            )
        elif service not in services or request.route != route:
            findings.append(
                Finding(f"exemplar of {service} {route} opens a trace of {request.route}")
            )
    return conclude(
        f"{len(stored)} exemplars open their traces", findings, [evidence], exercised=len(stored)
    )


def trace_to_logs(
    system: System,
    ledger: Ledger,
    traces: Mapping[str, Trace],
    lines: Iterable[LogLine],
    evidence: Evidence,
) -> Judgement:
    """From each trace, the access event of every service is found by the trace id."""
    logged = Tallies(ledger, system.application.services)
    for line in access_lines(system, lines):
        position = ledger.by_trace.get(_trace_id(system, line))
        if position is not None:
            logged.mark(position, service_of(system, line), HAS_LINE)
    findings, joined = Differences(), 0
    for trace_id, (request, route) in expected_traces(system, ledger).items():
        if trace_id not in traces or not system.copies(route, "logs"):
            continue
        position = ledger.by_trace[trace_id]
        lacking = sorted(one for one in set(route.services) if not logged.get(position, one))
        joined += not lacking
        for name in lacking:
            findings.add(
                f"{request.method} {request.route}: no line of {name} has trace id {trace_id}"
            )
    return conclude(
        f"{joined} traces lead to their lines",
        findings,
        [evidence],
        exercised=joined + len(findings),
    )


def logs_to_trace(
    system: System,
    ledger: Ledger,
    traces: Mapping[str, Trace],
    lines: Iterable[LogLine],
    evidence: Evidence,
) -> Judgement:
    """The trace id of each access event opens a trace, where its route keeps traces."""
    names = given(system.logs).names
    wanted = expected_traces(system, ledger)
    findings, joined = Differences(), 0
    for line in access_lines(system, lines):
        request = ledger.of_correlation(str(line.fields.get(names.correlation_id)))
        if request is None or request.trace_id not in wanted:
            continue
        trace_id = _trace_id(system, line)
        if trace_id in traces:
            joined += 1
        else:
            event = line.fields.get(names.event_id)
            findings.add(f"event {event} has trace id {trace_id!r}: no such trace")
    return conclude(
        f"{joined} lines lead to their traces",
        findings,
        [evidence],
        exercised=joined + len(findings),
    )


def id_joins(
    system: System,
    ledger: Ledger,
    traces: Mapping[str, Trace],
    lines: Iterable[LogLine],
    evidence: Evidence,
) -> Judgement:
    """One correlation id joins response, lines and spans, for every request of the ledger; in a
    system without traces, response and lines.
    """
    logged, declared = _lines_of(system, ledger, lines), Declared(system)
    findings, answered = Differences(), 0
    for request in ledger.requests:
        if request.status is None:
            continue
        answered += 1
        route, there = declared.route(request), request.trace_id in traces
        for text in _unjoined(system, ledger, request, route, logged, there=there):
            findings.add(f"{request.method} {request.route}: {text}")
    for trace_id, trace in traces.items():
        sent = ledger.of_trace(trace_id)
        if sent is None or sent.status is None:
            continue
        for span in trace.spans:
            for text in _without_id(system, span, sent):
                findings.add(f"{sent.method} {sent.route}: {text}")
    return conclude(
        f"{answered} requests joined by their correlation id",
        findings,
        [evidence],
        exercised=answered,
    )


def _lines_of(system: System, ledger: Ledger, lines: Iterable[LogLine]) -> Tallies:
    """Of which requests and services there are lines, by correlation id, and whether one of them
    has the trace id as well.
    """
    name = given(system.logs).names.correlation_id
    logged = Tallies(ledger, system.application.services)
    for line in access_lines(system, lines):
        correlation = str(line.fields.get(name, ""))
        if (sent := ledger.of_correlation(correlation)) is None:
            continue
        same = HAS_TRACE_ID if _trace_id(system, line) == sent.trace_id else 0
        position = ledger.by_correlation[correlation]
        logged.mark(position, service_of(system, line), HAS_LINE | same)
    return logged


def _unjoined(
    system: System,
    ledger: Ledger,
    request: Request,
    route: Route | None,
    logged: Tallies,
    *,
    there: bool,
) -> Iterable[str]:
    sent = request.correlation_id
    header = given(system.correlation).response_header
    if request.echoed_id != sent:
        yield f"sent {sent}, the response's {header} is {request.echoed_id or 'missing'}"
    for service in route.services if route and system.copies(route, "logs") else ():
        seen = logged.get(ledger.by_correlation[sent], service)
        if system.traces and not seen & HAS_TRACE_ID:
            yield f"no line of {service} has both {sent} and trace id {request.trace_id}"
        elif not seen:
            yield f"no line of {service} has {sent}"
    if not there and route and system.copies(route, "traces"):
        yield f"no span carries {sent}: trace {request.trace_id} is not there"


def _without_id(system: System, span: Span, request: Request) -> Iterable[str]:
    attribute, sent = given(given(system.traces).correlation_attribute), request.correlation_id
    if span.attributes.get(attribute) != sent:
        seen = span.attributes.get(attribute) or "missing"
        yield f"span {span.name!r} of {span.service}: {attribute} is {seen}, sent was {sent}"


def _trace_id(system: System, line: LogLine) -> str:
    """What a line says of its trace; nothing in a system without traces."""
    name = given(system.logs).names.trace_id
    return str(line.fields.get(name, "")) if name else ""
