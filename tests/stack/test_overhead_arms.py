"""Arms for real: processes that are started, asked in turns, compared and ended."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from smokestack import wait
from smokestack.arms import Compared
from smokestack.drive import arms
from smokestack.drive.overhead import Laboratory, compare
from smokestack.errors import LoadError
from smokestack.judge import overhead as judge
from smokestack.load.closed_loop import Plan
from smokestack.load.turns import Asker
from smokestack.results import Judgement, Verdict
from smokestack.stack.ports import Ports
from smokestack.stack.supervised import SupervisedChild, Supervisor, clean_environment
from smokestack.system.overhead import Overhead, OverheadSignal

ROOT = Path(__file__).parents[2]
SERVICE = Path(__file__).with_name("small_service.py")
START = [sys.executable, "-I", "-S", str(SERVICE)]
ROUTES = {"quiet": "GET /quiet", "working": "GET /working?much=1"}
METRICS = {"METRICS": "on", "PORT": "{port}"}
ATTEMPTS = 4
"""A machine that is too busy to tell is asked again: unmeasured is right then."""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """Ends everything that a test starts."""
    started = Supervisor(tmp_path / "supervisor.log")
    yield started
    started.close()


def section(environment: Mapping[str, Mapping[str, str]], **said: Any) -> Overhead:
    """The small service, with an environment for each arm; 1 ms is allowed."""
    budgets = [
        {"signal": signal, "statistic": "p50", "max": "1ms"}
        for signal in environment
        if signal != "off"
    ]
    whole = {"budgets": budgets, "routes": ROUTES, "time_allowed": "4s", **said}
    if "urls" not in said:
        whole |= {"start": START, "environment": environment}
    return Overhead.model_validate(whole)


def compared(given: Overhead, supervisor: Supervisor, folder: Path) -> Compared:
    """Run the arms until all is decided."""
    lab = Laboratory(
        supervisor, folder, arms.own(given, folder, None), "http_requests_total", None, 1.0
    )
    return compare(given, lab, lambda seen: judge.is_open(given, seen))


def judged(given: Overhead, supervisor: Supervisor, folder: Path) -> Judgement:
    """What metrics cost, on a machine that can tell."""
    folder.mkdir(exist_ok=True)
    for _ in range(ATTEMPTS):
        judgement = judge.cost_of("metrics", given, compared(given, supervisor, folder))
        if "timing cannot be told" not in judgement.summary:
            break
    return judgement


@pytest.mark.parametrize(("added", "verdict"), [("2", Verdict.MISSED), ("0.2", Verdict.MET)])
def test_what_is_added_to_an_arm_is_found(
    added: str, verdict: Verdict, supervisor: Supervisor, tmp_path: Path
) -> None:
    """2 ms are more than 1 ms, and 0.2 ms are less; nothing is left running."""
    given = section({"metrics": {**METRICS, "DELAY_MS": added}})
    judgement = judged(given, supervisor, tmp_path / "arms")
    if judgement.verdict is Verdict.UNMEASURED:  # never the opposite
        pytest.skip(f"this machine is too busy to tell: {judgement.summary}")
    assert judgement.verdict is verdict, judgement.summary
    assert "metrics cost the application's GET /quiet" in judgement.summary
    assert "GET /working" in judgement.evidence[1].query
    assert all(child.exit_code() is not None for child in supervisor.children)


def test_an_arm_that_crashes_is_told_and_the_others_go_on(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """In the middle of the rounds, with its last words."""
    crashing = {"LINES": "on", "CRASH_AFTER": "400"}
    given = section({"metrics": METRICS, "logs": crashing})
    (tmp_path / "arms").mkdir()
    seen = compared(given, supervisor, tmp_path / "arms")
    broken = judge.cost_of("logs", given, seen)
    assert broken.verdict is Verdict.UNMEASURED
    assert "the arm `logs` cannot be compared: it ended with exit code 3" in broken.summary
    assert "out of patience" in broken.summary
    assert "metrics" not in seen.broken
    assert seen.rounds
    assert judge.not_comparable("metrics", seen) is None


def test_an_arm_that_does_not_start_is_told(supervisor: Supervisor, tmp_path: Path) -> None:
    """At once, and nothing is asked for nothing."""
    given = section({"metrics": {**METRICS, "DELAY_MS": "much"}})
    (tmp_path / "arms").mkdir()
    seen = compared(given, supervisor, tmp_path / "arms")
    assert not seen.rounds
    assert "exit code 1; the last that it wrote" in seen.broken["metrics"]
    assert "ValueError" in seen.broken["metrics"]


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"METRICS": "off"}, "the arm `metrics` is not what it says: it exposes no metrics"),
        ({**METRICS, "LINES": "on"}, "differ in more than metrics: only one of them has logs"),
    ],
)
def test_an_arm_proves_that_it_is_what_it_says(
    environment: dict[str, str], says: str, supervisor: Supervisor, tmp_path: Path
) -> None:
    """Whatever it is called."""
    given = section({"metrics": {"PORT": "{port}", **environment}})
    judgement = judged(given, supervisor, tmp_path / "arms")
    assert judgement.verdict is Verdict.UNMEASURED
    assert says in judgement.summary


@contextmanager
def running(
    supervisor: Supervisor, folder: Path, **environment: str
) -> Iterator[tuple[str, SupervisedChild]]:
    """The small service, started by somebody else."""
    ports = Ports()
    port = ports.take()
    child = supervisor.spawn(
        f"theirs {port}",
        START,
        env=clean_environment({"PORT": str(port), **environment}),
        cwd=folder,
        log=folder / f"{port}.log",
    )
    yield f"http://127.0.0.1:{port}", child
    child.stop(within_s=1)
    ports.release()


def test_a_service_that_runs_already_is_compared_by_two_urls(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """It is neither started nor ended, and its CPU time is not known."""
    with ExitStack() as stack:
        off, _ = stack.enter_context(running(supervisor, tmp_path))
        on, theirs = stack.enter_context(running(supervisor, tmp_path, METRICS="on", DELAY_MS="3"))
        given = section({"metrics": {}}, urls={"off": off, "on": on})
        judgement = judged(given, supervisor, tmp_path / "arms")
        if judgement.verdict is Verdict.UNMEASURED:
            pytest.skip(f"this machine is too busy to tell: {judgement.summary}")
        assert judgement.verdict is Verdict.MISSED, judgement.summary
        assert not [one for one in judgement.measurements if one.name.endswith("cpu")]
        assert theirs.exit_code() is None


def test_a_killed_asker_leaves_nothing_that_could_be_judged(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """What it had asked by then is not known: LoadError, which makes checks unmeasured."""
    with running(supervisor, tmp_path, DELAY_MS="20") as (url, _):
        asker = Asker(supervisor, tmp_path)
        plan = Plan({"off": (url, [])}, {"quiet": ("GET", "/")}, 1000, 30, 30.0)

        def kill() -> bool:
            asking = [one for one in supervisor.children if one.name.startswith("load")]
            for one in asking:
                psutil.Process(one.pid).kill()
            return bool(asking)

        killer = threading.Thread(target=lambda: wait.until(kill, within_s=10))
        killer.start()
        with pytest.raises(LoadError, match="exit code -9: what it had asked is not known"):
            asker.run(plan)
        killer.join()


SIGNALS: tuple[OverheadSignal, ...] = ("metrics", "logs", "all")


def test_the_sample_application_is_what_each_arm_says(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """Off has no metrics and no line; each signal alone has that one; all has all."""
    routes = {"quiet": "GET /api/v1/ping", "working": "GET /api/v1/orders"}
    budgets = [{"signal": one, "statistic": "cpu", "max": "1s"} for one in SIGNALS]
    given = Overhead.model_validate({"budgets": budgets, "routes": routes, "time_allowed": "1s"})
    launches = arms.sample(given, "reference", ROOT, tmp_path / "arms", None)
    lab = Laboratory(supervisor, tmp_path / "arms", launches, "http_requests_total", None, 1.0)
    seen = compare(given, lab, lambda _: False)
    assert seen.broken == {}
    for signal in SIGNALS:
        assert judge.not_comparable(signal, seen) is None
    assert seen.seen["off again"] == {"metrics": False, "logs": False, "traces": None}
