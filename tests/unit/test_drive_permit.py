"""What may be sent to an application that somebody else runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smokestack import leave as leaves
from smokestack.drive.loads import with_leave
from smokestack.drive.permit import Permit
from smokestack.endpoints import Endpoints, Tls
from smokestack.errors import LoadError, NotPermitted, UsageError
from smokestack.leave import Leave
from smokestack.ledger import by_route
from smokestack.load.asked import AskedLoad
from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.load.scenario import ScenarioSpec, refuse_unsafe
from smokestack.observe.calls import CallLog
from smokestack.results import LoadInfo
from smokestack.stack_file import Remote, StackFile
from smokestack.system import Application
from tests.unit.judged import ledger, request
from tests.unit.test_load_running import begin

APPLICATION = Application(entry="front", services=("front", "back"))
LEAVE = Leave(100, 4.0)


def permit(leave: Leave | None = LEAVE) -> Permit:
    """Of a stack file that says so."""
    said = StackFile(system="small", endpoints={})
    return Permit(
        Remote(Path("s/staging.yaml"), said, Endpoints({}), leave=leave), APPLICATION, CallLog()
    )


def waiting(folder: Path, name: str, total: int | None) -> RunningLoad:
    """A scenario at its gate that says how many requests it will send."""
    spec = ScenarioSpec(name, name, "https://staging.example", leave=LEAVE)
    load, _ = begin(folder, spec)
    assert load.settings.ready is not None
    load.settings.ready.write_text(json.dumps(total))
    return load


def test_only_ordinary_traffic_is_sent() -> None:
    """Neither load, nor what makes errors, nor a scenario at another rate."""
    assert permit().leave("steady", None) is LEAVE
    for scenario in ("error_burst", "soak", "distinct"):
        with pytest.raises(NotPermitted, match="is not ordinary traffic"):
            permit().leave(scenario, None)
    with pytest.raises(NotPermitted, match="is not ordinary traffic"):
        permit().leave("steady", AskedLoad("steady", 500.0, 60.0))


def test_without_leave_nothing_is() -> None:
    """Whoever asks."""
    with pytest.raises(NotPermitted, match="without leave"):
        permit(None).leave("smoke", None)


def test_more_than_was_allowed_is_refused_before_the_first_byte(tmp_path: Path) -> None:
    """All gates stay shut when all of it together is too much, and each on its own."""
    smoke, steady = waiting(tmp_path, "smoke", 50), waiting(tmp_path, "steady", 60)
    with pytest.raises(NotPermitted) as caught:
        permit().require([smoke, steady])
    assert caught.value.message == (
        "staging.yaml allows 100 requests and 110 were to be sent (50 of smoke, 60 of steady); "
        "none of smoke, steady was"
    )
    assert "requests: 110" in str(caught.value.hint)
    one_by_one = permit()
    one_by_one.open(smoke)
    with pytest.raises(NotPermitted, match=r"allows 100 requests and 110"):
        one_by_one.open(steady)


def test_as_much_as_was_allowed_is_not(tmp_path: Path) -> None:
    """And not one more after it."""
    exact = permit()
    exact.open(waiting(tmp_path, "smoke", 100))
    with pytest.raises(NotPermitted):
        exact.open(waiting(tmp_path, "steady", 1))


def test_a_scenario_that_knows_no_end_is_refused(tmp_path: Path) -> None:
    """It could send anything."""
    with pytest.raises(NotPermitted, match="does not say how many"):
        permit().open(waiting(tmp_path, "smoke", None))


def test_a_scenario_that_fails_before_its_gate_is_told(tmp_path: Path) -> None:
    """Not waited for."""
    load, child = begin(tmp_path, ScenarioSpec("smoke", "smoke", "https://x.example", leave=LEAVE))
    child.code = 2
    with pytest.raises(LoadError, match="did not get to its gate"):
        permit().open(load)


def test_errors_and_delays_on_purpose_are_not_told(tmp_path: Path) -> None:
    """A scenario in flight cannot be made a fault either."""
    load = waiting(tmp_path, "steady", 50)
    for told in ({"error_ratio": 0.1}, {"latency_s": 2.0}):
        with pytest.raises(NotPermitted, match="errors or delays on purpose"):
            load.phase("burst", **told)
    load.phase("steady", rate=2.0)


def test_what_was_sent_is_noted_by_route() -> None:
    """As what the servers were asked is."""
    sent = ledger(request(1), request(2), request(3, "/error", status=500))
    one = permit()
    info = LoadInfo("smoke", "smoke", 1.0, 1.0, 3, None, 3.0, tuple(by_route(sent.requests)))
    one.sent(Load(info, sent))
    rows = [(c["server"], c["method"], c["path"], c["status"], c["count"])
            for c in one.calls.entries()]  # fmt: skip
    assert rows == [("front", "GET", "/both", 200, 2), ("front", "POST", "/error", 500, 1)]


def test_leave_takes_a_scenario_beyond_the_loopback() -> None:
    """And gives it the time that its rate needs; without, it is refused."""
    spec = ScenarioSpec("smoke", "smoke", "https://staging.example")
    with pytest.raises(UsageError, match="not on this machine's loopback"):
        refuse_unsafe(spec, "r")
    allowed = with_leave(spec, Leave(400, 1.0))
    refuse_unsafe(allowed, "r")
    assert allowed.max_seconds == 460.0
    assert with_leave(spec, LEAVE).max_seconds == 120.0


def test_leave_survives_the_environment() -> None:
    """What the harness says is what the scenario keeps to; a secret is not in what is shown."""
    said = Leave(10, 2.5, {"Authorization": "Bearer t0ken"}, Tls(Path("/ca.pem")), errors=True)
    assert leaves.from_text(said.to_text()) == said
    assert "t0ken" not in repr(said)
