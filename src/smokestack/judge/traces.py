"""traces.*: did every expected trace arrive, whole, with the right names, and no other?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from smokestack.judge.conclude import Differences, conclude, unmeasured
from smokestack.judge.counting import Declared
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import Ledger, Request, Span, Trace
from smokestack.system import Route, System, given
from smokestack.wait import Waited


class ExpectedTraces(Mapping[str, tuple[Request, Route]]):
    """Trace id -> request and route, for every answered request that must have a trace; in the
    ledger's order, and made when it is asked for.
    """

    def __init__(self, system: System, ledger: Ledger) -> None:
        self._ledger, self._declared = ledger, Declared(system)

    def _route(self, request: Request) -> Route | None:
        if request.status is None or not self._declared.copies(request, "traces"):
            return None
        return self._declared.route(request)

    def __getitem__(self, trace_id: str) -> tuple[Request, Route]:
        request = self._ledger.of_trace(trace_id)
        route = self._route(request) if request else None
        if request is None or route is None:
            raise KeyError(trace_id)
        return request, route

    def __iter__(self) -> Iterator[str]:
        return (request.trace_id for request in self._ledger.requests if self._route(request))

    def __len__(self) -> int:
        return self._number

    @cached_property
    def _number(self) -> int:
        return sum(1 for _ in self)


def expected_traces(system: System, ledger: Ledger) -> ExpectedTraces:
    """The traces that must be there."""
    return ExpectedTraces(system, ledger)


def possible_traces(system: System, ledger: Ledger) -> set[str]:
    """Trace ids that may be there although nobody knows: requests without an answer."""
    declared = Declared(system)
    return {one.trace_id for one in ledger.unknown if declared.copies(one, "traces")}


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
    findings, zero = Differences(), 0
    for request in ledger.requests:
        trace_id = request.trace_id
        if trace_id not in wanted:
            zero += trace_id not in possible
        elif trace_id not in traces:
            where = f"{request.method} {request.route} ({request.correlation_id})"
            findings.add(f"{where}: trace {trace_id} is lost")
    for trace_id in traces:
        if trace_id in wanted or trace_id in possible:
            continue
        if stray := ledger.of_trace(trace_id):
            findings.add(f"{stray.method} {stray.route}: trace {trace_id}, but none is expected")
        else:
            findings.add(f"trace {trace_id} carries our mark, but the ledger has no such")
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
    findings, whole, wanted = Differences(), 0, expected_traces(system, ledger)
    for trace_id, trace in traces.items():
        if trace_id not in wanted:
            continue
        request, route = wanted[trace_id]
        problems = list(_incomplete(trace, request, route))
        whole += not problems
        for text in problems:
            findings.add(f"{request.method} {request.route} (trace {trace_id}): {text}")
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
    wanted = expected_traces(system, ledger)
    for trace_id, trace in traces.items():
        if trace_id not in wanted:
            continue
        request, _ = wanted[trace_id]
        for span in trace.spans:
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
    unseen = sum(trace_id not in traces for trace_id in expected_traces(system, ledger))
    if received is None:
        return unmeasured("the trace store has no counter of received spans", [evidence])
    findings = []
    if received > distinct and unseen:
        return unmeasured(
            f"the store received {received:g} spans and shows {distinct}, but not those of "
            f"{unseen} traces",
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
