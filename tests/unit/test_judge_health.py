"""latency.health: limits hold for 95% of the answers, promises for each."""

from __future__ import annotations

from typing import Any

import pytest

from smokestack.judge.health import Answer, HealthSeen, Round, health
from smokestack.results import Judgement, Verdict
from smokestack.system import HealthEndpoint

BODY = {"status": "ok", "checks": {"db": True}, "id": "sent", "uptime": 0}


def endpoint(**more: Any) -> HealthEndpoint:
    """An endpoint that must answer within 10 ms."""
    return HealthEndpoint.model_validate({"route": "/ping", "within": "10ms", **more})


def one_round(took: float = 0.002, control: float = 0.001, late: int = 0, **more: Any) -> Round:
    """100 answers, of which `late` took a second."""
    answer = Answer(more.get("status", 200), more.get("body", BODY), took, "sent")
    slow = Answer(answer.status, answer.body, 1.0, "sent")
    return Round((*(answer,) * (100 - late), *(slow,) * late), (control,) * 100)


def judged(*rounds: Round, **more: Any) -> Judgement:
    """A judgement on one endpoint."""
    return health([endpoint(**more)], [HealthSeen("/ping", rounds)])


def test_in_time_is_met_with_its_figure() -> None:
    """Five of a hundred may be late."""
    found = judged(one_round(late=5))
    assert (found.verdict, found.summary) == (Verdict.MET, "95%: ping 2 ms of 10 ms")
    (measured,) = found.measurements
    assert (measured.figure, measured.budget) == (0.002, 0.01)


def test_six_of_a_hundred_are_too_many() -> None:
    """Unless another round was in time: a busy machine delays few, a slow endpoint all."""
    found = judged(one_round(late=6), one_round(late=6))
    assert found.verdict is Verdict.MISSED
    assert found.summary == ("GET /ping took up to 1000 ms for 95% of its answers, 10 ms allowed")
    assert judged(one_round(late=6), one_round()).verdict is Verdict.MET


def test_a_machine_too_busy_to_tell() -> None:
    """Where a server that has nothing to do is slow too, in all late rounds but one at most."""
    found = judged(one_round(0.06, control=0.006), within="50ms")
    assert found.verdict is Verdict.UNMEASURED
    rounds = one_round(0.06), *(one_round(0.06, control=0.006),) * 5
    assert judged(*rounds, within="50ms").verdict is Verdict.UNMEASURED
    assert judged(*rounds, one_round(0.06), within="50ms").verdict is Verdict.MISSED
    assert found.summary.startswith("timing cannot be told: the machine is too busy")


@pytest.mark.parametrize(
    ("promised", "seen", "says"),
    [
        ({"status": 204}, {}, "status 200, expected 204, in 100 of 100 answers"),
        ({"body": {"status": "up"}}, {}, "status is 'ok', expected 'up', in 100 of"),
        ({"body": {"checks.db": 1}}, {}, "checks.db is True, expected 1, in"),
        ({"body": {"checks.disk": True}}, {}, "checks.disk is missing, expected True, in"),
        ({"body": {"status.of": "ok"}}, {}, "status.of is missing"),
        ({"body": {"id": "{correlation_id}"}}, {"body": {"id": "x"}}, "another one than was sent"),
        ({"present": ["version"]}, {}, "version is missing in 100 of 100 answers"),
        ({"present": ["status"]}, {"body": None}, "status is missing in"),
    ],
)
def test_an_answer_that_is_not_as_it_must_be(
    promised: dict[str, Any], seen: dict[str, Any], says: str
) -> None:
    """However quick it was, and however busy the machine is."""
    for one in (one_round(**seen), one_round(0.02, control=0.02, **seen)):
        found = judged(one, **promised)
        assert found.verdict is Verdict.MISSED
        assert says in found.findings[0].detail


def test_answers_as_they_must_be() -> None:
    """What stands there may be 0; the id is the one that was sent."""
    body = {"status": "ok", "checks.db": True, "id": "{correlation_id}"}
    assert judged(one_round(), body=body, present=["uptime"]).verdict is Verdict.MET


def test_without_an_endpoint_nothing_is_met() -> None:
    """Nothing was looked at."""
    assert health([], []).verdict is Verdict.UNMEASURED
