"""A run in containers that is interrupted or killed leaves nothing, or the next run removes it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from smokestack.stack import leftovers
from smokestack.stack.engine_connect import connect
from smokestack.wait import until
from tests.docker.real_containers import (
    Proxy,
    containers_of,
    docker,
    home_of,
    left_of,
    own_home,
    proxy,
    started,
)
from tests.stack.processes import gone, names_of
from tests.stack.real_stack import Session, plan, session
from tests.stack.test_native_interrupted import MID_RUN, report

IMAGE = "prom/node-exporter:v1.12.1"
SMALL = ("alertmanager",)


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """Stacks of a test live in a folder of its own; nothing of them is left."""
    with own_home(tmp_path) as folder:
        yield folder


def pulling(one: Session, between: Proxy) -> bool:
    """Images are on their way."""
    return any("/images/create" in line for line in between.seen)


def creating(one: Session, between: Proxy) -> bool:
    """Compose is at work."""
    return any("/containers/create" in line for line in between.seen)


def starting(one: Session, between: Proxy) -> bool:
    """Compose is done; servers are not ready yet."""
    starts = [line for line in between.seen if line.startswith("POST ") and "/start " in line]
    return len(starts) >= 9 and "docker-compose" not in names_of(one.living())


def checking(one: Session, between: Proxy) -> bool:
    """Checks are going on."""
    return MID_RUN in one.said


@pytest.mark.parametrize(
    ("when", "number"),
    [
        (pulling, signal.SIGINT),
        (creating, signal.SIGTERM),
        (creating, signal.SIGINT),
        (starting, signal.SIGINT),
        (checking, signal.SIGTERM),
    ],
)
def test_interrupted(
    tmp_path: Path, when: Callable[[Session, Proxy], bool], number: signal.Signals
) -> None:
    """Whatever goes on, Ctrl-C and SIGTERM end it with pytest's own exit code and a report, and
    leave no container, no process and no folder.
    """
    with (
        proxy(tmp_path / "engine.sock") as between,
        session(tmp_path, "--stack=docker", environment={"DOCKER_HOST": between.host}) as one,
    ):
        between.held = "/images/create" if when is pulling else None
        assert until(lambda: when(one, between), within_s=60).met, one.said
        one.process.send_signal(number)
        assert one.exit_code(60) == 2, one.said
        assert left_of(tmp_path / "tmp") == []
        assert not one.living()
        assert not one.runs
        reason = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}[number]
        assert report(one)["interrupted"] == reason
        assert f"(interrupted: {reason})" in one.said


@pytest.fixture
def bystanders(tmp_path: Path) -> Iterator[list[str]]:
    """A container without any label of ours, and one of another user's run."""
    other = home_of(tmp_path / "of-another-user").removeprefix("label=")
    made = [
        docker("create", IMAGE).strip(),
        docker("create", f"--label={other}", "--label=dev.smokestack.run=theirs", IMAGE).strip(),
    ]
    yield made
    docker("rm", "--force", *made)


def test_killed(
    tmp_path: Path, home: Path, bystanders: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kill -9` leaves containers but no process; the next start removes them, and touches neither
    a run that is alive nor what is not of this user.
    """
    monkeypatch.delenv("TMPDIR")  # by which a session knows its processes, of which `alive` is none
    with started(plan(tmp_path / "alive", only=SMALL)) as alive:
        of_alive = set(left_of(home))
        with session(tmp_path, "--stack=docker", "-k", "targets") as one:
            one.await_words(MID_RUN)
            living = one.living()
            one.process.kill()
            one.process.wait()
            assert gone(living, within_s=2).met
        left = set(left_of(home)) - of_alive
        assert len(left) > 10
        with started(plan(tmp_path / "next", only=SMALL)) as following:
            now = set(left_of(home))
            assert not now & left
            assert of_alive < now
            assert [path.name for path in sorted(home.glob("*/runs/*"))] == sorted(
                [alive.plan.run_id, following.plan.run_id]
            )
            alive.check_alive()
        assert set(docker("ps", "--all", "--quiet", "--no-trunc").split()) >= set(bystanders)


def test_two_that_reap_the_same(home: Path) -> None:
    """Several runs that start at once after a killed one do not stand in each other's way."""
    labels = [f"--label={key}={value}" for key, value in leftovers.labels("dead").items()]
    network = docker("network", "create", *labels, "smokestack-test-dead").strip()
    volume = docker("volume", "create", *labels).strip()
    for _ in range(3):
        docker("run", "-d", *labels, f"--network={network}", f"--volume={volume}:/x", IMAGE)
    assert len(containers_of(home)) == 3

    def reap(_: int) -> list[str]:
        with closing(connect()) as engine:
            return leftovers.reap(engine)

    with ThreadPoolExecutor(3) as pool:
        removed = list(pool.map(reap, range(3)))
    assert left_of(home) == []
    assert volume in {name for one in removed for name in one}
