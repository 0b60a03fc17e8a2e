"""traces.* and correlation.*: which spans must be there, and what they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from smokestack.judge import correlation, traces
from smokestack.results import Judgement, Verdict
from smokestack.samples import Exemplar, Ledger, LogLine, Request, Trace
from tests.unit import judged
from tests.unit.judged import (
    EVIDENCE,
    SYSTEM,
    WAITED,
    exemplar,
    ledger,
    line,
    lines,
    request,
    span,
    trace,
)

ONE, TWO, HEALTH = request(1), request(2), request(3, "/health")
SENT = ledger(ONE, TWO, HEALTH)
FOUND = judged.traces(ONE, TWO)


def identity(found: Mapping[str, Trace], sent: Ledger = SENT) -> Judgement:
    """The judgement on which traces there are."""
    return traces.identity(SYSTEM, sent, found, EVIDENCE)


def test_the_traces_of_the_ledger_and_no_others_are_met() -> None:
    """Of the health route there is none, as declared, beside two that arrived."""
    judgement = identity(FOUND)
    assert judgement.verdict is Verdict.MET
    assert "none of 1 that must not be kept" in judgement.summary


def test_a_lost_trace_is_named_with_its_request() -> None:
    """None at all are two losses, not an empty answer that fits."""
    assert "id-2): trace" in identity(judged.traces(ONE)).summary
    assert len(identity({}).findings) == 2


def test_traces_that_must_not_be_there_are_named() -> None:
    """One of the health route, and one that nobody sent."""
    assert "but none is expected" in identity(FOUND | judged.traces(HEALTH)).summary
    assert "the ledger has no such" in identity(FOUND | judged.traces(request(9))).summary


def test_a_declared_zero_without_a_control_is_unmeasured() -> None:
    """With nothing but untraced requests no trace at all says nothing."""
    assert identity({}, ledger(HEALTH)).verdict is Verdict.UNMEASURED
    assert identity({}, ledger()).verdict is Verdict.UNMEASURED
    counted = traces.count(SYSTEM, ledger(HEALTH), 0, WAITED, EVIDENCE)
    assert counted.verdict is Verdict.UNMEASURED


def test_counts_hold_within_the_requests_without_an_answer() -> None:
    """One unknown request may have left a trace; two cannot come of it."""
    sent = ledger(ONE, request(2, status=None))

    def verdict(seen: int | None) -> Verdict:
        return traces.count(SYSTEM, sent, seen, WAITED, EVIDENCE).verdict

    assert [verdict(n) for n in (0, 1, 2, 3, None)] == [
        Verdict.MISSED, Verdict.MET, Verdict.MET, Verdict.MISSED, Verdict.UNMEASURED,
    ]  # fmt: skip


def complete(*found: Trace) -> Judgement:
    """The judgement on whether traces are whole."""
    by_id = {one.trace_id: one for one in found}
    return traces.complete(SYSTEM, ledger(ONE), by_id, EVIDENCE)


def test_a_trace_needs_every_service_once() -> None:
    """Without the backend's span, or with two, it is not whole; without a trace unmeasured."""
    whole = trace(ONE)
    assert complete(whole).verdict is Verdict.MET
    assert "0 server spans of back" in complete(replace(whole, spans=whole.spans[:1])).summary
    doubled = replace(whole, spans=(*whole.spans, whole.spans[1]))
    assert "2 server spans of back" in complete(doubled).summary
    assert complete().verdict is Verdict.UNMEASURED


def test_a_span_without_its_parent_is_named() -> None:
    """The scenario's own span is a parent that no store has; any other must be there."""
    orphan = span(ONE, "back", 1, "0" * 15 + "9", kind="internal", name="query")
    whole = trace(ONE)
    judgement = complete(replace(whole, spans=(*whole.spans, orphan)))
    assert "span 'query' of back lacks its parent" in judgement.summary


def test_attributes_say_what_the_ledger_says() -> None:
    """Missing, other, from a service unknown, or an error not marked."""

    def summary(of: Request, **more: Any) -> str:
        one = replace(span(of, "front", 1, ""), **more)
        found = {of.trace_id: Trace(of.trace_id, (one,))}
        return traces.attributes(SYSTEM, ledger(of), found, EVIDENCE).summary

    failed = request(1, "/error", status=500)
    assert "method is missing, expected GET" in summary(ONE, attributes={})
    assert "is not one of ours" in summary(ONE, service="other")
    assert "not marked as an error" in summary(failed)
    assert "1 spans with the expected attributes" in summary(failed, error=True)
    nothing = traces.attributes(SYSTEM, ledger(ONE), {}, EVIDENCE)
    assert nothing.verdict is Verdict.UNMEASURED


def doubles(received: float | None, found: Mapping[str, Trace] = FOUND) -> Verdict:
    """The verdict on what the store received beside what it shows: four spans."""
    return traces.doubles(SYSTEM, SENT, found, received, EVIDENCE).verdict


def test_doubled_spans_show_in_the_counter_alone() -> None:
    """More received than shown are doubles; no counter, or one that was reset, tells nothing."""
    assert doubles(4) is Verdict.MET
    assert doubles(8) is Verdict.MISSED
    assert doubles(None) is Verdict.UNMEASURED
    assert doubles(3) is Verdict.UNMEASURED


def test_spans_of_traces_that_the_search_does_not_show_are_no_doubles() -> None:
    """What was received of them cannot be told from doubles; nor can nothing from nothing."""
    assert doubles(4, judged.traces(ONE)) is Verdict.UNMEASURED
    assert doubles(4, {}) is Verdict.UNMEASURED
    assert doubles(0, {}) is Verdict.UNMEASURED


def to_trace(*stored: Exemplar, found: Mapping[str, Trace] = FOUND) -> Judgement:
    """The judgement on where exemplars lead."""
    return correlation.exemplar_to_trace(SYSTEM, SENT, stored, found, EVIDENCE)


def test_exemplars_open_a_trace_of_their_service_and_route() -> None:
    """None, one without id, one of no trace and one of another route are told apart."""
    assert to_trace(exemplar(ONE)).verdict is Verdict.MET
    assert to_trace().verdict is Verdict.UNMEASURED
    assert "without id is not of this run" in to_trace(exemplar(ONE, trace_id="")).summary
    assert "no such trace" in to_trace(exemplar(ONE), found={}).summary
    other = exemplar(ONE, labels={"service": "front", "route": "/other"})
    assert "opens a trace of /both" in to_trace(other).summary
    assert "opens a trace" in to_trace(exemplar(ONE, "elsewhere")).summary


def test_traces_lead_to_lines_and_lines_to_traces() -> None:
    """A line that is missing, or has another trace's id, breaks the way."""
    good = lines([ONE, TWO, HEALTH])

    def verdicts(*found: LogLine) -> tuple[Verdict, Verdict]:
        given = (SYSTEM, SENT, FOUND, found, EVIDENCE)
        there, back = correlation.trace_to_logs(*given), correlation.logs_to_trace(*given)
        return there.verdict, back.verdict

    assert verdicts(*good) == (Verdict.MET, Verdict.MET)
    assert verdicts(*good[1:]) == (Verdict.MISSED, Verdict.MET)
    other = line(ONE, trace_id="f" * 32)
    assert verdicts(other, *good[1:]) == (Verdict.MISSED, Verdict.MISSED)
    assert verdicts() == (Verdict.MISSED, Verdict.UNMEASURED)


def test_without_traces_nothing_leads_to_lines() -> None:
    """No trace to start from is unmeasured, though every line is there."""
    judgement = correlation.trace_to_logs(SYSTEM, SENT, {}, lines([ONE, TWO]), EVIDENCE)
    assert judgement.verdict is Verdict.UNMEASURED


def joins(
    sent: Ledger = SENT,
    found: Mapping[str, Trace] = FOUND,
    logged: list[LogLine] | None = None,
) -> Judgement:
    """The judgement on the correlation id."""
    all_lines = lines(sent.requests) if logged is None else logged
    return correlation.id_joins(SYSTEM, sent, found, all_lines, EVIDENCE)


def test_the_id_joins_response_lines_and_spans() -> None:
    """All three have it, and the health request needs no span."""
    assert joins().verdict is Verdict.MET
    assert joins(ledger()).verdict is Verdict.UNMEASURED


def test_each_place_where_the_id_is_lost_is_named() -> None:
    """Response, line, span, and a trace that is not there at all."""
    silent = ledger(request(1, echoed_id=None), TWO)
    assert "the response's X-Correlation-ID is missing" in joins(silent).summary
    assert "no line of back has both" in joins(logged=lines([ONE, TWO, HEALTH])[:1]).summary
    bare = Trace(ONE.trace_id, (span(ONE, "front", 1, "", attributes={}),))
    assert "correlation_id is missing" in joins(found={**FOUND, ONE.trace_id: bare}).summary
    assert "no span carries id-1" in joins(found=judged.traces(TWO)).summary


def test_without_traces_the_id_joins_response_and_lines() -> None:
    """A line is found by the id alone; one that lacks it is named."""
    without = SYSTEM.model_copy(update={"traces": None})

    def judged(logged: list[LogLine]) -> str:
        return correlation.id_joins(without, ledger(ONE), {}, logged, EVIDENCE).summary

    assert judged(lines([ONE])) == "1 requests joined by their correlation id"
    assert judged(lines([ONE])[:1]) == "GET /both: no line of back has id-1"
