"""A run that is interrupted, killed or robbed of a server ends cleanly, and says what it can."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from smokestack.wait import until
from tests.stack.processes import gone
from tests.stack.real_stack import Session, session

MID_RUN = "test_clock_skew MET"
"""The last line of the suite `targets`: the stack is up, traffic comes next."""


def report(one: Session) -> dict[str, Any]:
    """The run.json that it left."""
    text = (one.folder / "reports" / "latest" / "run.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")]
)
def test_interrupted(tmp_path: Path, number: signal.Signals, reason: str) -> None:
    """Ctrl-C and SIGTERM leave a partial report, pytest's own exit code and no child."""
    with session(tmp_path) as one:
        one.await_words(MID_RUN)
        living = one.living()
        assert len(living) > 10
        one.process.send_signal(number)
        assert one.exit_code(180) == 2
        assert gone(living, within_s=2).met
        assert not one.living()
        assert not one.runs
        data = report(one)
        assert data["interrupted"] == reason
        assert {"targets.jobs", "targets.clock-skew"} <= {check["id"] for check in data["checks"]}
        assert data["counts"]["missed"] == 0
        assert data["stack"]["backend"] == "native"
        assert f"(interrupted: {reason})" in one.said


def test_killed(tmp_path: Path) -> None:
    """`kill -9` leaves no child after 2 s; its folder is removed by the next run."""
    with session(tmp_path) as one:
        one.await_words(MID_RUN)
        living = one.living()
        assert len(living) > 10
        one.process.kill()
        one.process.wait()
        waited = gone(living, within_s=2)
        assert waited.met, waited.value
        assert until(one.living, lambda left: not left, within_s=2).met
        assert len(one.runs) == 1
    no_servers = {"SMOKESTACK_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}
    with session(tmp_path, environment=no_servers) as following:
        assert following.exit_code(180) == 4
        assert not following.runs


def test_prometheus_dies(tmp_path: Path) -> None:
    """What cannot be asked any more is unmeasured, never missed, and the run ends soon."""
    with session(tmp_path, f"--events={tmp_path / 'events'}") as one:
        one.await_words(MID_RUN)
        [prometheus] = [process for process in one.living() if process.name() == "prometheus"]
        prometheus.kill()
        assert one.exit_code(300) == 6, one.said
        data = report(one)
        assert data["verdict"] == "unmeasured"
        verdicts = {(c["id"], c["subject"]): c["verdict"] for c in data["checks"]}
        assert "missed" not in verdicts.values()
        assert verdicts["targets.up", ""] == "met"
        assert verdicts["metrics.counter-delta", ""] == "unmeasured"
        assert verdicts["alerts.fires", "HighErrorRate"] == "unmeasured"
        assert len(verdicts) == len(data["checks"])
        assert data["causes"][0]["title"] == "prometheus ended"
        assert one.said.count("\nunmeasured prometheus ended: ") == 1
        told = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
        kinds = list(dict.fromkeys(event["event"] for event in told))
        assert kinds[:2] == ["run-started", "stack-ready"]
        assert {"load-started", "load-ended", "check-finished"} < set(kinds)
        assert (told[-1]["event"], told[-1]["exit_code"]) == ("run-finished", 6)
        assert not one.living()
        assert not one.runs
