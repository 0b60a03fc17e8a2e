"""What is asked of Prometheus about the selectors of a rule, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from smokestack.drive.selected import Selected
from smokestack.endpoints import Endpoint
from smokestack.errors import ObservationError
from smokestack.judge.alive import alive
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.prometheus import Prometheus
from smokestack.results import Verdict
from smokestack.system.alerts import Alive
from smokestack.timings import Timings
from tests.unit.judged import ALERT

RULE = {
    "name": "Errors", "type": "alerting", "query": 'rate(x{a="b"}[5m]) > 0', "health": "ok",
    "lastEvaluation": "2026-11-21T08:02:37.602457222Z", "evaluationTime": 0.1,
}  # fmt: skip
ALL = {"0": 2, "1": 3, "2": 3}
"""Series by the number of the question: the selector, the metric, those of it with the label."""


class Small(Deadlines):
    """No more than two questions long."""

    selected_s = 0.06


TIMINGS = Timings(0.25, 0.25, 0.25, 0.05, 0.01, 0.04, 0.0, 0.25, 2.5, 0.05)


class Server:
    """A Prometheus with one group of rules; it counts as it is told."""

    def __init__(self, counts: Mapping[str, int], *rules: Any) -> None:
        self.counts = counts
        self.rules = rules
        self.asked: list[httpx.Request] = []
        self.gone = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What each address gives."""
        self.asked.append(request)
        if self.gone and request.url.path == "/api/v1/query":
            raise httpx.ConnectError("refused")
        data: Any = {
            "/api/v1/rules": {"groups": [
                {"name": "g", "interval": 1, "file": "f", "rules": list(self.rules)}]},
            "/api/v1/query": {"resultType": "vector", "result": self.counted(request)},
            "/api/v1/label/__name__/values": ["x", "y"],
            "/api/v1/labels": ["__name__", "b"],
            "/api/v1/targets": {"activeTargets": []},
        }[request.url.path]  # fmt: skip
        return httpx.Response(200, json={"status": "success", "data": data})

    def counted(self, request: httpx.Request) -> list[Any]:
        """Counts, or the values of a label."""
        if request.url.params.get("query", "").startswith("count by"):
            return [{"metric": {"a": "c"}, "value": [1, "1"]}]
        return [{"metric": {"asked": n}, "value": [1, str(c)]} for n, c in self.counts.items()]

    @property
    def paths(self) -> list[str]:
        """Where it was asked, in order."""
        return [one.url.path.removeprefix("/api/v1/") for one in self.asked]

    def selected(self) -> Selected:
        """What asks it, since the beginning of time."""
        transport = httpx.MockTransport(self.answer)
        edge = Edge(Endpoint("prometheus", "http://p.test"), calls=CallLog(), transport=transport)
        return Selected(Prometheus(edge), Small(TIMINGS), 0.0, 1.0)


def test_a_rule_that_sees_takes_two_queries() -> None:
    """The rules, and one count of everything."""
    server = Server(ALL, RULE)
    judgement = alive(ALERT, server.selected().by(ALERT))
    assert judgement.verdict is Verdict.MET
    assert server.paths == ["rules", "query"]
    query = server.asked[1].url.params["query"]
    assert query.count(" or ") == 2
    assert query.startswith('label_replace(count(last_over_time(x{a="b"}[')


def test_a_count_is_repeated_and_then_explained_once() -> None:
    """Names and targets are asked for once, each label and value once."""
    server = Server({"1": 3, "2": 3}, RULE)
    judgement = alive(ALERT, server.selected().by(ALERT))
    assert judgement.summary == 'Errors: a="b" matches no series of x; values: c'
    assert judgement.allowed_s == Small.selected_s
    asked = server.paths[1:]
    assert set(asked[:-3]) == {"query"}
    assert asked[-3:] == ["label/__name__/values", "query", "targets"]


def test_a_label_that_is_lacking_is_explained_by_those_that_are_there() -> None:
    """Asked of the series that should have it."""
    server = Server({"1": 3}, RULE)
    assert alive(ALERT, server.selected().by(ALERT)).summary.endswith("; its labels: b")
    (labels,) = [one for one in server.asked if one.url.path == "/api/v1/labels"]
    assert labels.url.params["match[]"] == "x"


def test_where_all_that_is_declared_is_absent_others_must_be_there() -> None:
    """Prometheus is asked for any name at all, so that nothing is not taken for all."""
    server = Server({}, RULE)
    alert = ALERT.model_copy(update={"alive": Alive(conditional=("x",))})
    assert alive(alert, server.selected().by(alert)).verdict is Verdict.MET
    assert "label/__name__/values" in server.paths


def test_all_rules_of_one_name_are_read() -> None:
    """A second one may be blind too."""
    second = {**RULE, "query": "y{b=~'c'} > 1"}
    looked = Server(ALL, RULE, second).selected().by(ALERT)
    assert [str(one) for one in looked.expected.reading.selectors] == ['x{a="b"}', 'y{b=~"c"}']


def test_a_recording_rule_is_found_by_what_it_makes() -> None:
    """It says why there is nothing."""
    recording = {**RULE, "name": "x", "type": "recording", "health": "err", "lastError": "broken"}
    judgement = alive(ALERT, Server({}, RULE, recording).selected().by(ALERT))
    assert judgement.verdict is Verdict.MISSED
    assert judgement.summary.endswith(
        "the recording rule of that name in group g makes none: broken"
    )


@pytest.mark.parametrize(
    ("rules", "words"),
    [((), "Errors is not loaded"),
     (({**RULE, "type": "recording"},), "Errors is not loaded"),
     (({**RULE, "query": "rate(x smoothed)"},), "the expression of Errors cannot be read: not")],
)  # fmt: skip
def test_what_cannot_be_read_is_an_observation_that_failed(rules: Any, words: str) -> None:
    """The check is unmeasured then, never met."""
    with pytest.raises(ObservationError, match=words):
        Server(ALL, *rules).selected().by(ALERT)


def test_a_prometheus_that_goes_away_is_not_the_rules_fault() -> None:
    """The count fails to the end: unmeasured, with the reason."""
    server = Server(ALL, RULE)
    server.gone = True
    judgement = alive(ALERT, server.selected().by(ALERT))
    assert judgement.verdict is Verdict.UNMEASURED
    assert "no connection" in judgement.summary
    assert set(server.paths) == {"rules", "query"}
