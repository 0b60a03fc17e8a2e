"""Whatever happens to the parent, nothing that it started stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from smokestack.errors import StackError
from smokestack.stack.supervised import SupervisedChild, Supervisor, clean_environment
from smokestack.wait import until
from tests.stack.processes import alive, end, gone

SLEEP = ["sleep", "600"]
STUBBORN = ["sh", "-c", "trap '' TERM INT HUP; echo up; while :; do sleep 600; done"]
DAEMON = ["sh", "-c", "(setsid sh -c 'trap \"\" TERM; echo $$; sleep 600' &); exec sleep 600"]
"""Leaves a grandchild in a session of its own, whose parent is gone."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="best effort elsewhere")

PARENT = """
import json, os, sys
from pathlib import Path
from smokestack.stack.supervised import Supervisor
folder, detach, children = Path(sys.argv[1]), sys.argv[2] == "detach", json.loads(sys.argv[3])
supervisor = Supervisor(folder / "supervisor.log")
pids = {"supervisor": supervisor.pid}
for name, argv in children.items():
    log = folder / (name + ".log")
    pids[name] = supervisor.spawn(name, argv, env=dict(os.environ), cwd=folder, log=log).pid
if detach:
    supervisor.detach()
print(json.dumps(pids), flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Family:
    """A parent, its supervisor and their children, by name."""

    parent: subprocess.Popen[str]
    members: dict[str, psutil.Process]

    def took(self, *names: str) -> float:
        """Seconds until these are gone (all, without names)."""
        waited = gone([p for name, p in self.members.items() if not names or name in names])
        assert waited.met, waited.value
        return waited.took_s


@contextmanager
def family(folder: Path, *, detach: bool = False, **children: list[str]) -> Iterator[Family]:
    """Start a parent with a supervisor and these children."""
    mode = "detach" if detach else "stay"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder), mode, json.dumps(children)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    members: dict[str, psutil.Process] = {}
    try:
        assert parent.stdout is not None
        pids: dict[str, int] = json.loads(parent.stdout.readline())
        members |= {name: psutil.Process(pid) for name, pid in pids.items()}
        for name in children:
            log = folder / f"{name}.log"
            if name != "sleep":
                assert until(log.read_text, within_s=10).met
            if name == "daemon":
                members["grandchild"] = psutil.Process(int(log.read_text()))
        yield Family(parent, members)
    finally:
        end(members.values())
        parent.kill()
        parent.wait()


@linux
def test_parent_killed(tmp_path: Path) -> None:
    """SIGKILL to the parent ends every child within 2 s, orphans in other sessions included."""
    with family(tmp_path, sleep=SLEEP, stubborn=STUBBORN, daemon=DAEMON) as one:
        assert one.members["grandchild"].ppid() == one.members["supervisor"].pid
        one.parent.kill()
        one.parent.wait()
        assert one.took() < 2


@linux
def test_supervisor_killed(tmp_path: Path) -> None:
    """SIGKILL to the supervisor itself takes its children along."""
    with family(tmp_path, sleep=SLEEP, stubborn=STUBBORN) as one:
        one.members["supervisor"].kill()
        assert one.took("supervisor", "sleep", "stubborn") < 2
        assert one.parent.poll() is None


def test_detached(tmp_path: Path) -> None:
    """Detached children outlive the parent, until the supervisor is told to end them."""
    with family(tmp_path, detach=True, sleep=SLEEP, stubborn=STUBBORN) as one:
        one.parent.kill()
        one.parent.wait()
        assert not gone(list(one.members.values()), within_s=1.5).met
        assert all(alive(process) for process in one.members.values())
        one.members["supervisor"].terminate()
        assert one.took() < 2


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor of this process."""
    supervisor = Supervisor(tmp_path / "supervisor.log")
    yield supervisor
    supervisor.close()


def spawn(
    supervisor: Supervisor, folder: Path, argv: list[str], name: str = "one"
) -> SupervisedChild:
    """Start a child whose output goes to a file of its name."""
    log = folder / f"{name}.log"
    return supervisor.spawn(name, argv, env=clean_environment({}), cwd=folder, log=log)


def test_exit_code_and_output(supervisor: Supervisor, tmp_path: Path) -> None:
    """A child that ends on its own leaves its exit code and its last lines."""
    child = spawn(supervisor, tmp_path, ["sh", "-c", "seq 1 30; echo oops >&2; exit 3"])
    assert until(lambda: child.exit_code() is not None, within_s=10).met
    assert child.exit_code() == 3
    assert child.last_lines(2) == "30\noops"


def test_stop(supervisor: Supervisor, tmp_path: Path) -> None:
    """SIGTERM ends a polite child; one that ignores it is killed."""
    polite = spawn(supervisor, tmp_path, SLEEP, "polite")
    stubborn = spawn(supervisor, tmp_path, STUBBORN, "stubborn")
    assert until(stubborn.last_lines, within_s=10).met
    polite.stop(within_s=10)
    stubborn.stop(within_s=0.2)
    assert (polite.exit_code(), stubborn.exit_code()) == (-signal.SIGTERM, -signal.SIGKILL)
    polite.stop(within_s=10)


def test_a_child_is_asked_to_end_by_its_own_signal(supervisor: Supervisor, tmp_path: Path) -> None:
    """By that one, not by SIGTERM, when it is stopped and when all are."""
    env, log = clean_environment({}), tmp_path / "log"
    for name in ("stopped", "closed"):
        supervisor.spawn(name, SLEEP, env=env, cwd=tmp_path, log=log, ends_on=signal.SIGUSR1)
    stopped, closed = supervisor.children
    stopped.stop(within_s=10)
    supervisor.close()
    assert (stopped.exit_code(), closed.exit_code()) == (-signal.SIGUSR1, -signal.SIGUSR1)


def test_what_a_child_leaves_in_its_group(supervisor: Supervisor, tmp_path: Path) -> None:
    """A child that ended takes its background jobs along."""
    child = spawn(supervisor, tmp_path, ["sh", "-c", "sleep 600 & echo $!"])
    assert until(child.last_lines, within_s=10).met
    pid = int(child.last_lines())
    assert until(lambda: not psutil.pid_exists(pid), within_s=10).met


def test_a_program_that_is_not_there(supervisor: Supervisor, tmp_path: Path) -> None:
    """The error names the program, and the supervisor lives on."""
    with pytest.raises(StackError, match=r"one could not be started: .*\(/no/such/program\)"):
        spawn(supervisor, tmp_path, ["/no/such/program"])
    assert spawn(supervisor, tmp_path, SLEEP).exit_code() is None


def test_names_are_unique_while_they_run(supervisor: Supervisor, tmp_path: Path) -> None:
    """A second child of a name is refused while the first one runs, and taken afterwards."""
    first = spawn(supervisor, tmp_path, SLEEP)
    with pytest.raises(StackError, match="a process named one runs already"):
        spawn(supervisor, tmp_path, SLEEP)
    first.stop(within_s=10)
    second = spawn(supervisor, tmp_path, SLEEP)
    assert second.exit_code() is None
    assert second.pid != first.pid


@linux
def test_supervisor_that_is_gone_is_noticed(supervisor: Supervisor, tmp_path: Path) -> None:
    """Children of a killed supervisor count as ended, and no more can be started."""
    child = spawn(supervisor, tmp_path, SLEEP)
    os.kill(supervisor.pid, signal.SIGKILL)
    assert until(lambda: child.exit_code() is not None, within_s=10).met
    assert child.exit_code() == -signal.SIGKILL
    with pytest.raises(StackError, match="supervisor"):
        spawn(supervisor, tmp_path, SLEEP, "two")


def test_close(supervisor: Supervisor, tmp_path: Path) -> None:
    """Closing ends everything, stubborn children too, and may be done twice."""
    children = [spawn(supervisor, tmp_path, SLEEP, "a"), spawn(supervisor, tmp_path, STUBBORN, "b")]
    processes = [psutil.Process(child.pid) for child in children]
    supervisor.close()
    assert not any(alive(process) for process in processes)
    assert all(child.exit_code() is not None for child in children)
    supervisor.close()


def test_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server inherits where things are, and nothing that could configure it."""
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    found = clean_environment({"APP_LISTEN": "127.0.0.1:1"})
    assert found["PATH"] == "/bin"
    assert found["APP_LISTEN"] == "127.0.0.1:1"
    assert not {"OTEL_TRACES_SAMPLER", "HTTP_PROXY"} & set(found)
