"""traces.*: did every expected trace arrive, whole, with the right names, and no other?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from smokestack.judge.conclude import conclude, unmeasured
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import Ledger, Request, Span, Trace
from smokestack.system import Route, System, given
from smokestack.wait import Waited


def expected_traces(system: System, ledger: Ledger) -> dict[str, tuple[Request, Route]]:
    """Trace id -> request and route, for every answered request that must have a trace."""
    found = {}
    for request in ledger.requests:
        route = system.route(request.method, request.route)
        if route and system.copies(route, "traces") and request.status is not None:
            found[request.trace_id] = (request, route)
    return found


def possible_traces(system: System, ledger: Ledger) -> set[str]:
    """Trace ids that may be there although nobody knows: requests without an answer."""
    ids = set()
    for request in ledger.unknown:
        route = system.route(request.method, request.route)
        if route and system.copies(route, "traces"):
            ids.add(request.trace_id)
    return ids


def count(
    system: System,
    ledger: Ledger,
    seen: int | None,
    waited: Waited[object],
    evidence: Evidence,
) -> Judgement:
    """As many traces as the ledger expects."""
    wanted, slack = len(expected_traces(system, ledger)), len(possible_traces(system, ledger))
    if seen is None:
        return unmeasured("the trace store could not be asked for a count", [evidence])
    findings = []
    if not wanted <= seen <= wanted + slack:
        findings = [Finding(f"expected {wanted} traces, seen {seen} ({seen - wanted:+d})")]
    return conclude(
        f"{wanted} of {wanted} traces",
        findings,
        [evidence],
        exercised=wanted + len(findings),
        waited=waited,
    )


def identity(
    system: System, ledger: Ledger, traces: Collection[str], evidence: Evidence
) -> Judgement:
    """The very traces of the ledger are there, those declared as zero are not, and no others."""
    wanted, possible = expected_traces(system, ledger), possible_traces(system, ledger)
    by_trace = {request.trace_id: request for request in ledger.requests}
    findings = [
        Finding(f"{r.method} {r.route} ({r.correlation_id}): trace {trace_id} is lost")
        for trace_id, (r, _) in wanted.items()
        if trace_id not in traces
    ]
    for trace_id in traces:
        if trace_id in wanted or trace_id in possible:
            continue
        if request := by_trace.get(trace_id):
            findings.append(
                Finding(f"{request.method} {request.route}: trace {trace_id}, but none is expected")
            )
        else:
            findings.append(
                Finding(f"trace {trace_id} carries our mark, but the ledger has no such")
            )
    zero = len({r.trace_id for r in ledger.requests} - set(wanted) - possible)
    also = f", and none of {zero} that must not be kept" if zero else ""
    return conclude(
        f"{len(wanted)} traces by id{also}",
        findings,
        [evidence],
        exercised=len(wanted) if traces or not wanted else 1,
    )


def complete(
    system: System, ledger: Ledger, traces: Mapping[str, Trace], evidence: Evidence
) -> Judgement:
    """Every service that handled the request is in its trace, and no span lacks its parent."""
    findings, whole = [], 0
    for trace_id, (request, route) in expected_traces(system, ledger).items():
        trace = traces.get(trace_id)
        if trace is None:
            continue
        problems = list(_incomplete(trace, request, route))
        whole += not problems
        findings += [
            Finding(f"{request.method} {request.route} (trace {trace_id}): {text}")
            for text in problems
        ]
    return conclude(f"{whole} traces whole", findings, [evidence], exercised=whole + len(findings))


def _incomplete(trace: Trace, request: Request, route: Route) -> Iterable[str]:
    for service in route.services:
        servers = [s for s in trace.spans if s.service == service and s.kind == "server"]
        if len(servers) != 1:
            yield f"{len(servers)} server spans of {service}, expected 1"
    ids = {span.span_id for span in trace.spans} | {request.span_id, ""}
    for span in trace.spans:
        if span.parent_id not in ids:
            yield f"span {span.name!r} of {span.service} lacks its parent {span.parent_id}"


def attributes(
    system: System, ledger: Ledger, traces: Mapping[str, Trace], evidence: Evidence
) -> Judgement:
    """Server spans say method, route and status as the ledger has them; names are declared."""
    findings: Counter[str] = Counter()
    looked_at = 0
    known = set(system.application.services)
    for trace_id, (request, _) in expected_traces(system, ledger).items():
        for span in traces[trace_id].spans if trace_id in traces else ():
            looked_at += 1
            if span.service not in known:
                findings[f"a span of service {span.service!r}, which is not one of ours"] += 1
            if span.kind == "server":
                findings.update(_wrong(system, span, request))
    listed = [Finding(f"{text} ({number} spans)") for text, number in sorted(findings.items())]
    return conclude(
        f"{looked_at} spans with the expected attributes", listed, [evidence], exercised=looked_at
    )


def _wrong(system: System, span: Span, request: Request) -> Iterable[str]:
    names = given(system.traces).server_span
    wanted = {
        names.method: request.method,
        names.route: request.route,
        names.status: str(request.status),
    }
    for keys, value in wanted.items():
        seen = next((str(span.attributes[key]) for key in keys if key in span.attributes), None)
        if seen != value:
            yield f"{span.service}: {keys[0]} is {seen or 'missing'}, expected {value}"
    if request.status is not None and request.status >= 500 and not span.error:
        yield f"{span.service}: a span that answered {request.status} is not marked as an error"


def distinct_spans(traces: Mapping[str, Trace]) -> int:
    """How many spans there are, each counted once."""
    return sum(len({span.span_id for span in trace.spans}) for trace in traces.values())


def doubles(
    system: System,
    ledger: Ledger,
    traces: Mapping[str, Trace],
    received: float | None,
    evidence: Evidence,
) -> Judgement:
    """The store received each of our spans once: received = distinct spans that it shows.

    Stores fold duplicates when asked by id, so only their counters tell. What was
    received of a trace that the search does not show cannot be told from a double.
    """
    distinct = distinct_spans(traces)
    unseen = set(expected_traces(system, ledger)) - set(traces)
    if received is None:
        return unmeasured("the trace store has no counter of received spans", [evidence])
    findings = []
    if received > distinct and unseen:
        return unmeasured(
            f"the store received {received:g} spans and shows {distinct}, but not those of "
            f"{len(unseen)} traces",
            [evidence],
        )
    if received > distinct:
        extra = received - distinct
        findings = [
            Finding(
                f"the store received {received:g} spans but shows {distinct}: {extra:g} doubled"
            )
        ]
    elif received < distinct:
        return unmeasured(
            f"the store shows {distinct} spans but counted {received:g}: its counter was reset",
            [evidence],
        )
    summary = f"{distinct} distinct spans, {received:g} received"
    return conclude(summary, findings, [evidence], exercised=distinct)
