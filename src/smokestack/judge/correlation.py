"""correlation.*: does each signal lead to the others, for every request?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from smokestack.judge.conclude import conclude
from smokestack.judge.logs import access_lines
from smokestack.judge.traces import expected_traces
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import Exemplar, Ledger, LogLine, Request, Span, Trace
from smokestack.system import Route, System, given


def exemplar_to_trace(
    system: System,
    ledger: Ledger,
    stored: Sequence[Exemplar],
    traces: Mapping[str, Trace],
    evidence: Evidence,
) -> Judgement:
    """Each exemplar opens a trace of ours in which its service and route took part."""
    labels = system.metrics.labels
    routes = {request.trace_id: request.route for request in ledger.requests}
    findings = []
    for exemplar in stored:
        trace = traces.get(exemplar.trace_id)
        service = exemplar.labels.get(labels.service, "")
        route = exemplar.labels.get(labels.route, "")
        if exemplar.trace_id not in routes:
            findings.append(
                Finding(f"exemplar {exemplar.trace_id or 'without id'} is not of this run")
            )
        elif trace is None:
            findings.append(
                Finding(f"exemplar of {route} opens {exemplar.trace_id}: no such trace")
            )
        elif service not in trace.services or routes[exemplar.trace_id] != route:
            findings.append(
                Finding(
                    f"exemplar of {service} {route} opens a trace of {routes[exemplar.trace_id]}"
                )
            )
    return conclude(
        f"{len(stored)} exemplars open their traces", findings, [evidence], exercised=len(stored)
    )


def trace_to_logs(
    system: System,
    ledger: Ledger,
    traces: Mapping[str, Trace],
    lines: Sequence[LogLine],
    evidence: Evidence,
) -> Judgement:
    """From each trace, the access event of every service is found by the trace id."""
    logged = _services_by_trace(system, lines)
    findings, joined = [], 0
    for trace_id, (request, route) in expected_traces(system, ledger).items():
        if trace_id not in traces or not system.copies(route, "logs"):
            continue
        lacking = sorted(set(route.services) - logged.get(trace_id, set()))
        joined += not lacking
        findings += [
            Finding(f"{request.method} {request.route}: no line of {name} has trace id {trace_id}")
            for name in lacking
        ]
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
    lines: Sequence[LogLine],
    evidence: Evidence,
) -> Judgement:
    """The trace id of each access event opens a trace, where its route keeps traces."""
    names = given(system.logs).names
    wanted = {r.correlation_id for r, _ in expected_traces(system, ledger).values()}
    findings, joined = [], 0
    for line in access_lines(system, lines):
        if line.fields.get(names.correlation_id) not in wanted:
            continue
        trace_id = _trace_id(system, line)
        if trace_id in traces:
            joined += 1
        else:
            event = line.fields.get(names.event_id)
            findings.append(Finding(f"event {event} has trace id {trace_id!r}: no such trace"))
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
    lines: Sequence[LogLine],
    evidence: Evidence,
) -> Judgement:
    """One correlation id joins response, lines and spans, for every request of the ledger; in a
    system without traces, response and lines.
    """
    logged = _services_by_correlation(system, lines)
    answered = [r for r in ledger.requests if r.status is not None]
    findings = []
    for request in answered:
        route = system.route(request.method, request.route)
        trace = traces.get(request.trace_id)
        findings += [
            Finding(f"{request.method} {request.route}: {text}")
            for text in _unjoined(system, request, route, trace, logged)
        ]
    return conclude(
        f"{len(answered)} requests joined by their correlation id",
        findings,
        [evidence],
        exercised=len(answered),
    )


def _unjoined(
    system: System,
    request: Request,
    route: Route | None,
    trace: Trace | None,
    logged: Mapping[tuple[str, str], set[str]],
) -> Iterable[str]:
    sent = request.correlation_id
    header = given(system.correlation).response_header
    if request.echoed_id != sent:
        yield f"sent {sent}, the response's {header} is {request.echoed_id or 'missing'}"
    for service in route.services if route and system.copies(route, "logs") else ():
        ids = logged.get((sent, service), set())
        if system.traces and request.trace_id not in ids:
            yield f"no line of {service} has both {sent} and trace id {request.trace_id}"
        elif not ids:
            yield f"no line of {service} has {sent}"
    if trace is None and route and system.copies(route, "traces"):
        yield f"no span carries {sent}: trace {request.trace_id} is not there"
    for span in trace.spans if trace else ():
        yield from _without_id(system, span, sent)


def _without_id(system: System, span: Span, sent: str) -> Iterable[str]:
    attribute = given(given(system.traces).correlation_attribute)
    if span.attributes.get(attribute) != sent:
        seen = span.attributes.get(attribute) or "missing"
        yield f"span {span.name!r} of {span.service}: {attribute} is {seen}, sent was {sent}"


def _services_by_trace(system: System, lines: Iterable[LogLine]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in access_lines(system, lines):
        found[_trace_id(system, line)].add(line.labels.get(given(system.logs).service_label, ""))
    return found


def _services_by_correlation(
    system: System, lines: Iterable[LogLine]
) -> dict[tuple[str, str], set[str]]:
    names = given(system.logs).names
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in access_lines(system, lines):
        service = line.labels.get(given(system.logs).service_label, "")
        correlation = str(line.fields.get(names.correlation_id, ""))
        found[correlation, service].add(_trace_id(system, line))
    return found


def _trace_id(system: System, line: LogLine) -> str:
    """What a line says of its trace; nothing in a system without traces."""
    name = given(system.logs).names.trace_id
    return str(line.fields.get(name, "")) if name else ""
