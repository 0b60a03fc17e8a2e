"""queries.examples: what a query of the documents must return, and what it returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smokestack.judge.queries import asks_for_unsent, example
from smokestack.panels import ExampleSeen, PanelAnswer, PanelQuery, Tally
from smokestack.results import Judgement, Verdict
from smokestack.system import Query
from tests.unit.judged import SYSTEM, WAITED, ledger, request

SENT = ledger(request(1), request(2), request(3, "/error", status=500))
COUNTED = {("front", "GET", "/both", "200"): 2.0, ("back", "GET", "/both", "200"): 2.0}


def query(server: str = "prometheus", **more: Any) -> Query:
    """A query of the documents."""
    return Query.model_validate({"name": "one", "server": server, "query": "x", **more})


def judged(
    one: Query, samples: int = 1, *, error: str = "", shared: bool = False, **seen: Any
) -> Judgement:
    """The judgement of a query that gave so many samples."""
    asked = PanelQuery("", Path("system.yaml"), 0, "one", text="x", kind=one.server)
    refused = seen.pop("refused", "")
    answer = PanelAnswer(asked, Tally(1, samples, samples), refused, error)
    return example(SYSTEM, one, ExampleSeen(answer, **seen), SENT, WAITED, shared=shared)


def test_data_is_what_is_asked_for_where_nothing_else_is_said() -> None:
    """One number is enough, and none is too little."""
    assert judged(query()).verdict is Verdict.MET
    nothing = judged(query(), 0)
    assert (nothing.verdict, nothing.summary) == (Verdict.MISSED, "gives no data: x")


def test_nothing_is_excused_by_its_reason_but_not_a_query_that_is_refused() -> None:
    """The reason is in the report."""
    quiet = query(empty="nothing fails")
    assert judged(quiet, 0).summary == "is understood, and gives nothing: nothing fails"
    assert judged(quiet, 0, refused="parse error").verdict is Verdict.MISSED


@pytest.mark.parametrize(
    ("grown", "verdict"), [(5.0, Verdict.MET), (4.0, Verdict.MISSED), (None, Verdict.MISSED)]
)
def test_a_counter_grows_by_what_was_sent(grown: float | None, verdict: Verdict) -> None:
    """Two requests in both services, and the one that failed in the first."""
    found = judged(query(requests={}), grown=grown)
    assert found.verdict is verdict
    if grown == 4:
        assert found.summary == "gives 4 more with the traffic, expected 5 (-1)"


def test_where_others_send_a_counter_grows_by_at_least_that() -> None:
    """Lines of ours are told from theirs, so those stay exact."""
    met = judged(query(requests={}), grown=9.0, shared=True)
    assert met.summary == "at least: grew by 5 of 5 requests that it must count"
    missed = judged(query(requests={}), grown=4.0, shared=True)
    assert missed.summary == "gives 4 more with the traffic, expected 5 or more (-1)"
    more = {**COUNTED, ("front", "POST", "/error", "500"): 1.0}
    only = query("loki", requests={"route": "/both"})
    assert judged(only, counted=more, shared=True).verdict is Verdict.MISSED


@pytest.mark.parametrize(
    ("text", "unsent"),
    [
        ('sum(rate(requests_total{status=~"5.."}[5m])) / sum(rate(requests_total[5m]))', True),
        ('requests_total{status="200"}', False),
        ('requests_total{status!="500"}', False),
        ('requests_total{method="POST"}', False),
        ("rate(requests_total[$__rate_interval])", False),
    ],
)
def test_a_query_about_requests_that_were_not_sent_is_known(text: str, *, unsent: bool) -> None:
    """By the status that its matchers ask for; with one that cannot be read nobody knows."""
    fine = ledger(request(1), request(2))
    one = query(requests=None).model_copy(update={"query": text})
    assert asks_for_unsent(SYSTEM, one, fine) is unsent
    assert not asks_for_unsent(SYSTEM, one, SENT)


def test_a_query_that_must_count_what_was_not_sent_is_known() -> None:
    """Whatever server it asks."""
    errors = query("loki", requests={"status": "5.."})
    assert asks_for_unsent(SYSTEM, errors, ledger(request(1)))
    assert not asks_for_unsent(SYSTEM, errors, SENT)
    assert not asks_for_unsent(SYSTEM, query("loki"), ledger(request(1)))


def test_lines_are_told_by_request() -> None:
    """A query that returns others too is as wrong as one that leaves some out."""
    only = query("loki", requests={"route": "/both"})
    assert judged(only, counted=COUNTED).verdict is Verdict.MET
    more = judged(only, counted={**COUNTED, ("front", "POST", "/error", "500"): 1.0})
    assert more.summary == "front: POST /error 500: expected 0 returned, seen 1 (+1)"
    fewer = judged(only, counted={})
    assert fewer.verdict is Verdict.MISSED


def test_of_a_load_only_its_own_requests_are_counted() -> None:
    """And where none of them was sent, nothing can be told."""
    of_load = query("loki", requests={"load": "load", "service": "back"})
    back = {("back", "GET", "/both", "200"): 2.0}
    assert judged(of_load, counted=back).verdict is Verdict.MET
    other = query("loki", requests={"load": "other"})
    assert judged(other, counted=COUNTED).verdict is Verdict.UNMEASURED


def test_other_lines_than_access_events_are_counted_in_all() -> None:
    """They need not say which request they are of."""
    errors = query("loki", requests={"status": "5..", "event": "exception"})
    assert judged(errors, counted={("front", "", "", ""): 1.0}).verdict is Verdict.MET
    assert judged(errors, counted={}).summary == "gives 0 lines of this run, expected 1 (-1)"


def test_every_value_lies_within_its_bounds() -> None:
    """NaN lies nowhere."""
    bounded = query(at_least=1, at_most=5)
    assert judged(bounded, values=(1.0, 5.0)).summary == "gives 1, 5, within its bounds"
    assert judged(bounded, values=(1.0, 6.0)).summary == "gives 6, expected at most 5"
    assert judged(bounded, values=(float("nan"),)).verdict is Verdict.MISSED
    assert judged(bounded, values=()).verdict is Verdict.MISSED


def test_what_could_not_be_asked_is_not_missed() -> None:
    """Neither the query itself, nor what is asked beyond it."""
    assert judged(query(), 0, error="no connection").verdict is Verdict.UNMEASURED
    assert judged(query(requests={}), unknown="no scrape").summary == "no scrape"
