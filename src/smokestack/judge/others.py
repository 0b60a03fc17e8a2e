"""Requests that others sent, as the signals themselves tell of them: what recent data is held
against where nothing of ours is sent.

Of each request the access event of the entry service is believed first, then its server span,
then an exemplar: what the others say must agree. What no two requests share is what joins them;
a trace or a correlation id of several requests joins none, and is left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from smokestack.judge.access import access_lines, service_of, text_of
from smokestack.samples import Exemplar, Ledger, LogLine, Request, Span, Trace
from smokestack.system import System, given

REFUSED = 400
"""From this status on nobody knows how far a request of somebody else's came: it may not have been
passed on to every service of its route. It counts as one without an answer.
"""

OTHERS = "others"
"""The load that such a request is counted with."""


def entry_events(system: System, lines: Iterable[LogLine]) -> Iterator[LogLine]:
    """The access events of the entry service: one a request."""
    entry = system.application.entry
    return (line for line in access_lines(system, lines) if service_of(system, line) == entry)


def chosen(system: System, lines: Iterable[LogLine], number: int) -> list[LogLine]:
    """Some of these access events, the latest first, in turn of each route and status: a probe
    that asks every second must not be all that is looked at.
    """
    names = given(system.logs).names
    kinds: defaultdict[tuple[str, ...], list[LogLine]] = defaultdict(list)
    for line in sorted(entry_events(system, lines), key=lambda one: -one.at):
        kinds[tuple(text_of(line, one) for one in (names.method, names.route, names.status))] += [
            line
        ]
    in_turn = (line for turn in zip_longest(*kinds.values()) for line in turn if line)
    return [line for line, _ in zip(in_turn, range(number), strict=False)]


def told(
    system: System,
    lines: Iterable[LogLine],
    traces: Mapping[str, Trace],
    exemplars: Iterable[Exemplar],
) -> Ledger:
    """The requests that these tell of, each once, as if they had been written down when sent.

    What nobody but the client saw is not in it: its times are the server's, and the response's
    header counts as right.
    """
    spans = {one: _entry_spans(system, trace) for one, trace in traces.items()}
    by_spans = [_of_span(system, one[0]) for one in spans.values() if len(one) == 1]
    traced = {one.trace_id: one for one in by_spans}
    traced |= {one.correlation_id: one for one in by_spans}
    by_lines = [_of_line(system, line, traced) for line in entry_events(system, lines)]
    told_by_lines = {one.trace_id for one in by_lines}
    by_spans = [one for one in by_spans if one.trace_id not in told_by_lines]
    several = {one for one, servers in spans.items() if len(servers) > 1}
    once = _alone([one for one in (*by_lines, *by_spans) if one.trace_id not in several])
    known = {one.trace_id for one in once}
    stored = {one.trace_id: one for one in exemplars if one.trace_id not in known}
    return Ledger((*once, *(_of_exemplar(system, one) for one in stored.values())))


def _alone(requests: Sequence[Request]) -> list[Request]:
    """Those that share neither trace id nor correlation id with another one."""
    traces = Counter(one.trace_id for one in requests)
    joined = Counter(one.correlation_id for one in requests)
    return [
        one
        for one in requests
        if traces[one.trace_id] == joined[one.correlation_id] == 1
    ]  # fmt: skip


def _entry_spans(system: System, trace: Trace) -> list[Span]:
    """The server spans of the entry service; one that came twice is one."""
    entry = system.application.entry
    mine = (one for one in trace.spans if (one.service, one.kind) == (entry, "server"))
    return list({one.span_id: one for one in mine}.values())


def _of_line(system: System, line: LogLine, traced: Mapping[str, Request]) -> Request:
    """Its trace is the one that has its correlation id, whatever the line says of it."""
    names = given(system.logs).names
    none = f"(none in event {text_of(line, names.event_id) or line.at})"
    joined = text_of(line, names.correlation_id) or none
    said = (text_of(line, names.trace_id) if names.trace_id else "") or none
    above = traced.get(joined) or traced.get(said)
    method, route, status = (
        text_of(line, name) for name in (names.method, names.route, names.status)
    )
    return _request(
        (method, route, status),
        line.at,
        above.trace_id if above else said,
        above.span_id if above else "",
        joined,
    )


def _of_span(system: System, span: Span) -> Request:
    names = given(system.traces)
    server = names.server_span
    method, route, status = (
        next((str(span.attributes[key]) for key in keys if key in span.attributes), "")
        for keys in (server.method, server.route, server.status)
    )
    joined = span.attributes.get(names.correlation_attribute or "")
    return _request(
        (method, route, status),
        span.started_at,
        span.trace_id,
        span.parent_id,
        str(joined or f"(none in trace {span.trace_id})"),
    )


def _of_exemplar(system: System, one: Exemplar) -> Request:
    """Of such a request it is only known that there was one, and its route: nothing else is held
    against it, so it counts as one without an answer.
    """
    labels = system.metrics.labels
    method, route = (one.labels.get(name, "") for name in (labels.method, labels.route))
    none = f"(none in an exemplar of {one.trace_id})"
    return _request((method, route, ""), one.at, one.trace_id, "", none)


def _request(
    what: tuple[str, str, str], at: float, trace_id: str, span_id: str, correlation: str
) -> Request:
    method, route, status = what
    number = int(status) if status.isdigit() and int(status) < REFUSED else None
    return Request(
        n=0, load=OTHERS, method=method, route=route, status=number, intended_at=at, sent_at=at,
        latency_s=0.0, trace_id=trace_id, span_id=span_id, correlation_id=correlation,
        echoed_id=correlation,
    )  # fmt: skip
