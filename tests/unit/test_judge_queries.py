"""queries.examples: what a query of the documents must return, and what it returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smokestack.judge.queries import example
from smokestack.panels import ExampleSeen, PanelAnswer, PanelQuery, Tally
from smokestack.results import Judgement, Verdict
from smokestack.system import Query
from tests.unit.judged import SYSTEM, WAITED, ledger, request

SENT = ledger(request(1), request(2), request(3, "/error", status=500))
COUNTED = {("front", "GET", "/both", "200"): 2.0, ("back", "GET", "/both", "200"): 2.0}


def query(server: str = "prometheus", **more: Any) -> Query:
    """A query of the documents."""
    return Query.model_validate({"name": "one", "server": server, "query": "x", **more})


def judged(one: Query, samples: int = 1, *, error: str = "", **seen: Any) -> Judgement:
    """The judgement of a query that gave so many samples."""
    asked = PanelQuery("", Path("system.yaml"), 0, "one", text="x", kind=one.server)
    refused = seen.pop("refused", "")
    answer = PanelAnswer(asked, Tally(1, samples, samples), refused, error)
    return example(SYSTEM, one, ExampleSeen(answer, **seen), SENT, WAITED)


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
