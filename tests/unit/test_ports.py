"""Ports of stacks side by side never meet."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from smokestack.errors import StackError
from smokestack.stack import ports
from smokestack.stack.ports import FIRST, LAST, Ports, holder, is_free
from smokestack.wait import until

SMALL = 40
"""Ports in the range that the tests choose from, so that a meeting would be certain."""

OTHER = """
import sys
from smokestack.stack import ports
ports.FIRST, ports.LAST = int(sys.argv[1]), int(sys.argv[2])
mine = ports.Ports()
print(*[mine.take() for _ in range(int(sys.argv[3]))], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A lock file of the test's own."""
    monkeypatch.setenv("SMOKESTACK_CACHE", str(tmp_path))
    monkeypatch.setattr(ports, "_descriptor", None)
    monkeypatch.setattr(ports, "_taken", set())
    yield tmp_path
    if ports._descriptor is not None:
        os.close(ports._descriptor)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """A small range of ports."""
    monkeypatch.setattr(ports, "FIRST", FIRST)
    monkeypatch.setattr(ports, "LAST", FIRST + SMALL)
    return FIRST, FIRST + SMALL


def take_all(mine: Ports) -> set[int]:
    """Every port that is to be had."""
    found: set[int] = set()
    with suppress(StackError):
        while len(found) < LAST - FIRST:
            found.add(mine.take())
    return found


def test_below_what_the_kernel_hands_out(cache: Path) -> None:
    """Chosen ports are no ephemeral ports, free, and all different."""
    mine = Ports()
    found = [mine.take() for _ in range(50)]
    assert len(set(found)) == 50
    assert all(FIRST <= port < LAST < 32768 for port in found)
    assert all(is_free(port) for port in found)
    mine.release()


@pytest.mark.usefixtures("cache", "small")
def test_two_stacks_of_one_process() -> None:
    """What one stack holds another cannot get, until it is released."""
    one, other = Ports(), Ports()
    first = {one.take() for _ in range(SMALL // 3)}
    rest = take_all(other)
    assert not first & rest
    one.release()
    assert take_all(other) >= {port for port in first if is_free(port)}
    other.release()


def test_two_processes(cache: Path, small: tuple[int, int]) -> None:
    """Two processes never get the same one; the ports of a dead process are free again."""
    wanted = SMALL // 3
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(small[0]), str(small[1]), str(wanted)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    mine = Ports()
    try:
        assert process.stdout is not None
        theirs = {int(word) for word in process.stdout.readline().split()}
        assert len(theirs) == wanted
        assert not theirs & take_all(mine)
        process.kill()
        process.wait()
        assert until(lambda: take_all(mine) >= theirs, within_s=10).met
    finally:
        process.kill()
        process.wait()
        mine.release()


def test_port_that_somebody_listens_on_is_passed_over(cache: Path, small: tuple[int, int]) -> None:
    """Strangers hold no lock of ours, but the port is not free; wildcard listeners count too."""
    mine = Ports()
    with socket.socket() as stranger:
        stranger.bind(("0.0.0.0", 0))  # noqa: S104
        stranger.listen()
        assert not is_free(stranger.getsockname()[1])
    port = mine.take()
    mine.release()
    with closing(socket.create_server(("127.0.0.1", port))):
        assert not is_free(port)
        assert port not in take_all(mine)
    mine.release()


def test_none_left_says_what_to_do(cache: Path, small: tuple[int, int]) -> None:
    """The range and the command that lists its holders are named."""
    mine = Ports()
    take_all(mine)
    with pytest.raises(StackError, match=f"no free port between {small[0]} and {small[1]}") as told:
        mine.take()
    assert "ss -ltnp" in str(told.value.hint)
    mine.release()


def test_holder_is_named() -> None:
    """Who listens is told by process id and name."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        assert holder(listener.getsockname()[1]).startswith(f"pid {os.getpid()} (")


def test_holder_that_nobody_knows() -> None:
    """Where nobody can be named, nobody is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "pid" not in holder(port)
