"""Loads as they are asked for, under a real Locust: their rate, their end, and what they cost."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from smokestack.drive.loads import as_asked
from smokestack.errors import LoadError
from smokestack.judge import load as judge
from smokestack.load.asked import AskedLoad
from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad
from smokestack.load.scenario import ScenarioSpec
from smokestack.pressure import Effort
from smokestack.wait import until
from tests.stack import test_scenarios
from tests.stack.test_scenarios import Bench, Seen, serving

bench, spawner = test_scenarios.bench, test_scenarios.spawner

Sends = Callable[[AskedLoad], RunningLoad]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """A server that lets hundreds of users connect at once."""
    monkeypatch.setattr(ThreadingHTTPServer, "request_queue_size", 1024)
    with serving() as seen:
        yield seen


@pytest.fixture
def sends(bench: Bench) -> Sends:
    """Starts a load as it is asked for, at its gate."""

    def start(asked: AskedLoad) -> RunningLoad:
        spec = as_asked(ScenarioSpec(asked.scenario, asked.scenario, bench.server.url), asked)
        options: dict[str, Any] = {
            name: getattr(spec, name)
            for name in ("rate", "total", "seconds", "users", "max_seconds")
        }
        running = bench.start(asked.scenario, gated=True, **options)
        assert until(lambda: running.is_ready() or running.is_done(), within_s=30).met
        return running

    return start


def done(running: RunningLoad, error_ratio: float | None = None) -> Load:
    """The load, once its gate was opened and it ended by itself."""
    running.phase("load", error_ratio=error_ratio)
    return running.finish(30)


def test_a_duration_is_a_number_at_a_rate(sends: Sends) -> None:
    """Errors in the share that it is told, an end without being told, and what it cost."""
    load = done(sends(AskedLoad("error_burst", 50, 1.0, error_ratio=0.5)), 0.5)
    errors = [one for one in load.ledger.requests if one.route.endswith("/error")]
    assert (len(load.ledger), len(errors)) == (50, 25)
    assert load.generator is not None
    assert (load.generator.asked, load.generator.sent, load.generator.users) == (50, 50, 20)
    assert 0 < load.generator.core < 1
    assert load.generator.open_s == pytest.approx(1.0, abs=0.5)


def test_a_course_over_time_is_stretched(sends: Sends) -> None:
    """A tenth of the spike's four seconds, at its own rates."""
    load = done(sends(AskedLoad("spike", 200, 0.4)))
    assert len(load.ledger) == 17


def test_a_rate_that_no_machine_reaches_is_bounded_and_said(sends: Sends) -> None:
    """It ends soon after it should. Server and generator share this machine's cores: who of them
    gave out first is not the application.
    """
    load = done(sends(AskedLoad("steady", 50_000, 0.5)))
    assert load.generator is not None
    assert load.generator.asked == 25_000
    assert 0 < load.generator.sent < 25_000
    assert load.generator.open_s < 15
    judged = judge.rate(load.info, load.ledger, 50_000, Effort(load.generator, 1.0))
    assert judged.verdict == "unmeasured"
    assert "requests/s; the " in judged.summary
    assert " was the limit" in judged.summary


def test_a_load_that_is_killed_is_unknown(bench: Bench, sends: Sends) -> None:
    """By its process id, in its midst: what it had sent is in no ledger."""
    running = sends(AskedLoad("steady", 100, 10.0))
    running.go()
    assert until(lambda: len(bench.server.requests) > 30, within_s=15).met
    os.kill(bench.spawner.children[0].popen.pid, signal.SIGKILL)
    with pytest.raises(LoadError, match="was killed by SIGKILL, with ") as caught:
        running.finish(10)
    assert "what else it sent is unknown" in caught.value.message
