"""What others sent is told by the signals, each request once, and then judged like our own."""

from __future__ import annotations

from dataclasses import replace

from smokestack.judge import correlation, logs, traces
from smokestack.judge.others import chosen, told
from smokestack.results import Verdict
from smokestack.samples import Ledger
from tests.unit import judged
from tests.unit.judged import EVIDENCE, SYSTEM, exemplar, line, lines, request, trace

MET, MISSED, UNMEASURED = Verdict.MET, Verdict.MISSED, Verdict.UNMEASURED
ONE, TWO, HEALTH = request(1), request(2), request(3, "/health")
LINES = lines([ONE, TWO, HEALTH])
FOUND = judged.traces(ONE, TWO)


def by_trace(ledger: Ledger) -> dict[str, tuple[str, int | None, str]]:
    """Route, status and correlation id of each request, by its trace id."""
    return {one.trace_id: (one.route, one.status, one.correlation_id) for one in ledger.requests}


def test_a_line_tells_of_a_request_and_its_span_of_who_called() -> None:
    """The access event of the entry service is enough; the backend's is no further request."""
    ledger = told(SYSTEM, LINES, FOUND, [])
    assert by_trace(ledger) == {
        one.trace_id: (one.route, 200, one.correlation_id) for one in (ONE, TWO, HEALTH)
    }
    assert [one.span_id for one in ledger.requests] == [ONE.span_id, TWO.span_id, ""]


def test_spans_and_exemplars_tell_of_requests_without_a_line() -> None:
    """What one signal lost is still known by another."""
    three = request(9)
    ledger = told(SYSTEM, lines([ONE]), FOUND, [exemplar(three), exemplar(ONE)])
    assert by_trace(ledger) == {
        ONE.trace_id: ("/both", 200, "id-1"),
        TWO.trace_id: ("/both", 200, "id-2"),
        three.trace_id: ("/both", None, f"(none in an exemplar of {three.trace_id})"),
    }


def test_what_several_requests_share_joins_none() -> None:
    """A caller that asks twice in one trace is not one request whose span is doubled."""
    again = request(5, trace_id=ONE.trace_id)
    assert by_trace(told(SYSTEM, lines([ONE, again, TWO]), {}, [])).keys() == {TWO.trace_id}
    retried = request(6, correlation_id=ONE.correlation_id)
    assert by_trace(told(SYSTEM, lines([ONE, retried]), {}, [])) == {}
    both = trace(ONE)
    second = replace(both.spans[0], span_id="another")
    twice = {ONE.trace_id: replace(both, spans=(*both.spans, second))}
    assert by_trace(told(SYSTEM, lines([ONE]), twice, [])) == {}
    stored = [exemplar(ONE)]
    ledger = told(SYSTEM, lines([ONE]), twice, stored)
    opened = correlation.exemplar_to_trace(SYSTEM, ledger, stored, twice, EVIDENCE)
    assert opened.verdict is MET


def test_a_few_are_chosen_of_each_kind_the_latest_first() -> None:
    """A probe every second does not push the others out."""
    probes = [request(n, "/health") for n in range(10, 60)]
    found = chosen(SYSTEM, lines([ONE, *probes, TWO]), 3)
    assert [one.fields["event_id"] for one in found] == ["front-59", "front-2", "front-58"]


def verdicts(of: Ledger, found: object = FOUND, seen: object = LINES) -> dict[str, Verdict]:
    """What the checks that need no traffic of ours say."""
    assert isinstance(found, dict)
    assert isinstance(seen, list)
    return {
        "fields": logs.fields(SYSTEM, of, seen, EVIDENCE).verdict,
        "complete": traces.complete(SYSTEM, of, found, EVIDENCE).verdict,
        "attributes": traces.attributes(SYSTEM, of, found, EVIDENCE).verdict,
        "trace-to-logs": correlation.trace_to_logs(SYSTEM, of, found, seen, EVIDENCE).verdict,
        "logs-to-trace": correlation.logs_to_trace(SYSTEM, of, found, seen, EVIDENCE).verdict,
        "id-joins": correlation.id_joins(SYSTEM, of, found, seen, EVIDENCE).verdict,
    }


def test_what_agrees_is_met() -> None:
    """Lines and traces of the same requests; also where another service called the first one."""
    assert set(verdicts(told(SYSTEM, LINES, FOUND, [])).values()) == {MET}
    plain = [replace(one, fields={**one.fields, "correlation_id": None}) for one in LINES]
    found = verdicts(told(SYSTEM, plain, FOUND, []), seen=plain)
    assert found["complete"] is found["trace-to-logs"] is MET
    assert found["id-joins"] is MISSED


def test_nothing_recent_is_never_met() -> None:
    """Nothing was sent, so nothing was lost: nobody can tell."""
    assert set(verdicts(told(SYSTEM, [], {}, []), {}, []).values()) == {UNMEASURED}


def test_lines_without_a_trace_id_lead_nowhere() -> None:
    """Neither from line to trace nor back, also where the last line is of a route untraced."""
    bare = [replace(one, fields={**one.fields, "trace_id": None}) for one in LINES]
    found = verdicts(told(SYSTEM, bare, FOUND, []), seen=bare)
    assert {name for name, verdict in found.items() if verdict is MISSED} == {
        "trace-to-logs",
        "logs-to-trace",
        "id-joins",
    }


def test_a_line_with_the_id_of_another_trace_is_missed() -> None:
    """By the correlation id it is known which trace is its own."""
    wrong = [replace(one, fields={**one.fields, "trace_id": "f" * 32}) for one in lines([ONE])]
    found = verdicts(told(SYSTEM, wrong, FOUND, []), seen=wrong)
    assert found["logs-to-trace"] is found["trace-to-logs"] is found["id-joins"] is MISSED
    assert found["fields"] is found["attributes"] is MET


def test_a_trace_that_is_of_another_route_than_its_line_is_missed() -> None:
    """The line's word is held against the span's."""
    wrong = [line(replace(ONE, status=201))]
    judgement = traces.attributes(SYSTEM, told(SYSTEM, wrong, FOUND, []), FOUND, EVIDENCE)
    assert judgement.verdict is MISSED
    assert "front: status is 200, expected 201" in str(judgement.findings)


def test_a_request_that_was_refused_need_not_have_come_to_every_service() -> None:
    """Its fields are looked at; of its trace nothing is asked."""
    refused = replace(ONE, status=401)
    seen = [line(refused)]
    found = verdicts(told(SYSTEM, seen, {}, []), {}, seen)
    assert found.pop("fields") is MET
    assert set(found.values()) == {UNMEASURED}


def test_an_exemplar_without_its_trace_is_missed() -> None:
    """It names what the store does not have."""
    stored = [exemplar(ONE), exemplar(request(9))]
    ledger = told(SYSTEM, LINES, FOUND, stored)
    judgement = correlation.exemplar_to_trace(SYSTEM, ledger, stored, FOUND, EVIDENCE)
    assert judgement.verdict is MISSED
    assert judgement.summary == f"exemplar of /both opens {request(9).trace_id}: no such trace"
