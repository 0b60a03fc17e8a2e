"""Starting a scenario and waiting for its end, with a child that only pretends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from smokestack.errors import LoadError, UsageError
from smokestack.load import control
from smokestack.load.control import Control
from smokestack.load.ledger_file import LedgerWriter
from smokestack.load.running import RunningLoad, start
from smokestack.load.scenario import ScenarioSpec
from smokestack.load.schedule import Planned

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SPEC = ScenarioSpec("first", "smoke", "http://127.0.0.1:1", total=7)


@dataclass
class Child:
    """A process that ends when it is told."""

    name: str
    log: Path
    code: int | None = None
    stopped: bool = False
    pid: int = 0

    def exit_code(self) -> int | None:
        """What the test says."""
        return self.code

    def stop(self, *, within_s: float) -> None:
        """Remember that it was asked."""
        self.stopped = True


@dataclass
class Pretender:
    """A spawner that starts nothing and remembers what it was asked for."""

    argv: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    child: Child | None = None

    def spawn(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path
    ) -> Child:
        """Remember what was asked for."""
        self.argv, self.env = list(argv), dict(env)
        self.child = Child(name, log)
        return self.child


def begin(directory: Path, spec: ScenarioSpec = SPEC) -> tuple[RunningLoad, Child]:
    """Start a load, gated, and its pretended child."""
    spawner = Pretender()
    load = start(
        spec, run_id="r", spawner=spawner, directory=directory, scenarios_dir=SCENARIOS, gated=True
    )
    assert spawner.child is not None
    return load, spawner.child


def record(load: RunningLoad, count: int) -> LedgerWriter:
    """Write what a scenario would, up to the closing line."""
    writer = LedgerWriter(load.ledger_path, load="first")
    for n in range(1, count + 1):
        writer.add(
            n,
            Planned("GET", "/ping", "/ping"),
            status=200,
            intended_at=n,
            sent_at=n,
            latency_s=0.1,
            trace_id="a" * 32,
            span_id="b" * 16,
            correlation_id=f"c{n}",
            echoed_id=f"c{n}",
            error=None,
        )
    writer.flush()
    return writer


def said(load: RunningLoad) -> Control:
    """What the control file says."""
    return control.parse(control.read_text(load.control_path) or "")


def test_strange_variables_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither LOCUST_… variables nor ~/.locust.conf nor our own reach the scenario unasked."""
    monkeypatch.setenv("LOCUST_USERS", "1000")
    monkeypatch.setenv("SMOKESTACK_ALLOW_REMOTE", "1")
    monkeypatch.setenv("KEPT", "yes")
    spawner = Pretender()
    start(SPEC, run_id="r", spawner=spawner, directory=tmp_path, scenarios_dir=SCENARIOS)
    assert "LOCUST_USERS" not in spawner.env
    assert "SMOKESTACK_ALLOW_REMOTE" not in spawner.env
    assert (spawner.env["KEPT"], spawner.env["HOME"]) == ("yes", str(tmp_path))
    assert (spawner.env["SMOKESTACK_TOTAL"], spawner.env["SMOKESTACK_LOAD"]) == ("7", "first")


def test_the_gate_opens_by_the_control_file(tmp_path: Path) -> None:
    """Gated means `wait` until `go`, and each phase carries its own figures."""
    load, _ = begin(tmp_path)
    assert said(load) == Control("wait")
    load.go()
    assert said(load) == Control("go")
    load.phase("burst", error_ratio=0.06, rate=50)
    assert said(load) == Control("burst", 0.06, 50)


def test_without_a_gate_it_starts_at_once(tmp_path: Path) -> None:
    """The default is not to wait."""
    load = start(SPEC, run_id="r", spawner=Pretender(), directory=tmp_path, scenarios_dir=SCENARIOS)
    assert said(load) == Control("go")


def test_an_end_is_a_whole_ledger(tmp_path: Path) -> None:
    """What the ledger has is what the load was."""
    load, child = begin(tmp_path)
    assert not load.is_done()
    record(load, 7).close(asked=7, reason="all requests were sent")
    child.code = 0
    done = load.finish(1.0)
    assert (len(done.ledger), done.info.requests, done.info.shortfall) == (7, 7, None)
    assert (done.info.name, done.info.scenario) == ("first", "smoke")


def test_an_early_exit_shows_the_last_lines(tmp_path: Path) -> None:
    """15 lines of the log, the command and the log's path are in the message."""
    load, child = begin(tmp_path)
    child.log.write_text("".join(f"line {n}\n" for n in range(40)))
    child.code = 3
    with pytest.raises(LoadError) as caught:
        load.finish(1.0)
    text = str(caught.value)
    assert "failed with exit code 3, with 0 requests sent" in text
    assert "line 25" in text
    assert "line 24" not in text
    assert "-m locust -f" in text
    assert str(child.log) in text


def test_an_end_that_does_not_come_is_bounded(tmp_path: Path) -> None:
    """It is stopped, and the message says how far it came."""
    load, child = begin(tmp_path)
    record(load, 3)
    with pytest.raises(LoadError, match=r"not ended after 0\.1 s, with 3 requests sent"):
        load.finish(0.1)
    assert child.stopped


def test_a_clean_exit_without_a_whole_ledger_is_an_error(tmp_path: Path) -> None:
    """The exit code alone proves nothing."""
    load, child = begin(tmp_path)
    record(load, 3)
    child.code = 0
    with pytest.raises(LoadError, match="no closing line"):
        load.finish(1.0)


def test_progress_counts_whole_lines_only(tmp_path: Path) -> None:
    """Reading between two writes never counts one request twice, nor the closing line."""
    load, _ = begin(tmp_path)
    assert load.sent_so_far() == 0
    writer = record(load, 5)
    assert load.sent_so_far() == 5
    writer.close(asked=None, reason="")
    whole = load.ledger_path.read_bytes()
    load.ledger_path.write_bytes(whole + b'{"n":6,"lo')
    assert load.sent_so_far() == 5
    load.ledger_path.write_bytes(whole + b'{"n":6,"load":"x"}\n')
    assert load.sent_so_far() == 6


def test_a_name_cannot_be_used_twice(tmp_path: Path) -> None:
    """The second load would write over the first one's ledger."""
    begin(tmp_path)
    with pytest.raises(UsageError, match="already ran"):
        begin(tmp_path)


def test_a_remote_host_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """No process, no file."""
    with pytest.raises(UsageError, match="loopback"):
        begin(tmp_path, ScenarioSpec("first", "smoke", "http://example.com"))
    assert not list(tmp_path.iterdir())
