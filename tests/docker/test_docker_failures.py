"""A stack of containers that does not come up, or goes away, says why and leaves nothing behind."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from smokestack.errors import NotReady, PortTaken, ServerExited, StackError, UsageError
from smokestack.stack import docker_start as backend
from smokestack.stack import leftovers
from smokestack.stack.choice import choose
from smokestack.stack.engine_connect import connect
from smokestack.stack.images import have
from smokestack.stack.ports import Ports
from smokestack.wait import until
from tests.docker.real_containers import (
    checkout,
    containers_of,
    docker,
    left_of,
    own_home,
    proxy,
    remove_all_of,
    started,
)
from tests.stack.real_stack import plan, session

ABSENT = "smokestack.invalid/absent:1"
"""An image that nobody has: RFC 2606 keeps the domain from existing."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """Stacks of a test live in a folder of its own; nothing of them is left."""
    with own_home(tmp_path) as folder:
        yield folder


def silent(_: str) -> None:
    """For those who need not be told."""


def test_container_that_exits_ends_the_wait_at_once(tmp_path: Path) -> None:
    """Its last lines are told, its image and its rendered configuration, which can be looked at,
    although the engine starts it again and again.
    """
    root = checkout(tmp_path)
    with (root / "compose" / "loki" / "loki.yml").open("a", encoding="utf-8") as file:
        file.write("\nno_such_key: 1\n")
    wanted = plan(tmp_path / "kept", root=root, only=("loki", "alertmanager"), ready_s=600.0)
    with pytest.raises(ServerExited) as told, started(wanted):
        pass
    message = told.value.message
    assert re.match(r"loki ended with exit code 1, \d+\.\d s after the start\n", message)
    assert "field no_such_key not found" in message
    shown = dict(re.findall(r"^  (image|configuration|log): ([^\n,]+)", message, re.MULTILINE))
    assert shown["image"] == "grafana/loki:3.7.8"
    assert "no_such_key: 1" in Path(shown["configuration"]).read_text(encoding="utf-8")
    assert "no_such_key" in Path(shown["log"]).read_text(encoding="utf-8")


def test_container_that_cannot_be_started(tmp_path: Path) -> None:
    """What the engine said is told, and nothing to repeat that is gone with the run."""
    root = checkout(tmp_path, loki={"entrypoint": ["/no/such/program"]})
    with pytest.raises(StackError) as told, started(plan(tmp_path, root=root, only=("loki",))):
        pass
    assert told.value.message.startswith("docker compose failed: ")
    assert "/no/such/program: no such file or directory" in told.value.message
    assert "override.yaml" not in str(told.value)


def test_container_that_wants_more_memory_than_its_limit(tmp_path: Path) -> None:
    """The limit of compose.yaml is named as the reason, not only an exit code."""
    root = checkout(tmp_path, loki={"deploy": {"resources": {"limits": {"memory": "6m"}}}})
    with pytest.raises(ServerExited) as told, started(plan(tmp_path, root=root, only=("loki",))):
        pass
    expected = "loki was killed because it wanted more memory than its limit (exit 137), "
    assert told.value.message.startswith(expected)


def test_container_that_never_becomes_ready(tmp_path: Path) -> None:
    """It is told after the time it was given, with what it last said and what to do."""
    quiet = ["/bin/sh", "-c", "echo starting, slowly; exec sleep 600"]
    root = checkout(tmp_path, alertmanager={"entrypoint": quiet})
    wanted = plan(tmp_path / "kept", root=root, only=("alertmanager",), ready_s=1.0)
    with pytest.raises(NotReady) as told, started(wanted):
        pass
    message = told.value.message
    assert re.match(r"alertmanager did not become ready in 1 s at http://127.0.0.1:\d+/", message)
    assert "could not ask: " in message
    assert f"{tmp_path / 'kept' / 'logs' / 'alertmanager.log'}, which ends with:" in message
    assert "starting, slowly" in message
    assert "--start-timeout" in str(told.value.hint)


def test_start_timeout_and_its_report(tmp_path: Path) -> None:
    """`--start-timeout` bounds the wait of a whole run; the one reason is shown once."""
    with session(tmp_path, "--stack=docker", "-ktargets", "--start-timeout=0.01") as one:
        assert one.exit_code(180) == 6, one.said
        assert " did not become ready in 0 s at http://" in one.said
        assert one.said.count("which ends with:") == 1
        assert not one.runs


class Snatched:
    """Deals the first port of the first `times` starts to somebody who listens on it already."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.left = times
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.dealt: list[Ports] = []
        take = Ports.take

        def deal(ports: Ports) -> int:
            if self.left and ports not in self.dealt:
                self.left -= 1
                self.dealt.append(ports)
                return self.port
            return take(ports)

        monkeypatch.setattr(Ports, "take", deal)


def test_port_that_is_snatched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port taken between choosing and publishing costs one more start, not the run."""
    snatched = Snatched(monkeypatch, 1)  # the first service by name is alertmanager
    with (
        closing(snatched.listener),
        started(plan(tmp_path / "kept", only=("alertmanager",))) as stack,
    ):
        stack.check_alive()
        assert str(snatched.port) not in stack.endpoints()["alertmanager"].url


def test_port_that_is_snatched_always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At last the message names the port."""
    monkeypatch.setattr(backend, "ATTEMPTS", 2)
    snatched = Snatched(monkeypatch, 2)
    with (
        closing(snatched.listener),
        pytest.raises(PortTaken, match="a port was taken between choosing and publish") as told,
        started(plan(tmp_path / "kept", only=("alertmanager",))),
    ):
        pass
    assert f"127.0.0.1:{snatched.port}" in told.value.message
    assert not snatched.left


def test_images_that_cannot_be_had(tmp_path: Path) -> None:
    """All of them are named at once, with the engine's reason and what helps; nothing started."""
    root = checkout(tmp_path, loki={"image": ABSENT}, prometheus={"image": ABSENT})
    said: list[str] = []
    with pytest.raises(UsageError) as told:
        choose("docker", plan(tmp_path, root=root), said.append)
    assert told.value.message.startswith("2 servers cannot be had here: ")
    assert f"the image {ABSENT} is not here and cannot be pulled: " in told.value.message
    assert "smokestack.invalid" in told.value.message.rpartition(": ")[0]
    assert f"docker pull {ABSENT}" in str(told.value.hint)
    assert said[0].startswith("smokestack: pulling ")


def test_image_that_its_registry_denies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine answers 404 then, which is a reason like any other."""
    text = b'{"message": "pull access denied for absent"}'
    with proxy(tmp_path / "engine.sock") as between:
        between.canned["/images/create"] = (
            b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(text), text)
        )
        monkeypatch.setenv("DOCKER_HOST", between.host)
        with closing(connect()) as engine:
            assert have(engine, [ABSENT], silent).failed == {
                ABSENT: "pull access denied for absent"
            }


def test_engine_that_breaks_off_a_pull(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that ends in the middle is a pull that failed."""
    with proxy(tmp_path / "engine.sock") as between:
        between.held = "/images/create"
        monkeypatch.setenv("DOCKER_HOST", between.host)
        with closing(connect()) as engine:

            def cut() -> None:
                asked = lambda: any("/images/create" in line for line in between.seen)  # noqa: E731
                until(asked, within_s=10)
                between.cut()

            cutting = threading.Thread(target=cut)
            cutting.start()
            with pytest.raises(StackError, match="the container engine went away, asked to list"):
                have(engine, [ABSENT], silent)
            cutting.join()


def test_engine_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noticed, nothing raises while the stack is given up, what may be left is said, and
    the next run with that engine removes it.
    """
    said: list[str] = []
    with proxy(tmp_path / "engine.sock") as between:
        monkeypatch.setenv("DOCKER_HOST", between.host)
        with started(plan(tmp_path / "kept", only=("alertmanager",)), said.append) as stack:
            stack.check_alive()
            between.cut()

            def noticed() -> str:
                try:
                    stack.check_alive()
                except StackError as error:
                    return error.message
                return ""

            assert "the container engine went away" in (until(noticed, within_s=5).value or "")
            stack.save()
        assert not stack.folder.exists()
    assert (tmp_path / "kept" / "config" / "alertmanager" / "alertmanager.yml").is_file()
    assert any(f"run {stack.plan.run_id} may be left" in line for line in said)
    monkeypatch.delenv("DOCKER_HOST")
    left = left_of(tmp_path / "tmp")
    assert left
    with closing(connect()) as engine:
        assert set(leftovers.reap(engine)) == set(left)


def test_engine_that_goes_away_mid_run(tmp_path: Path) -> None:
    """The report is written, and the end is a sentence, not a traceback."""
    with (
        proxy(tmp_path / "engine.sock") as between,
        session(
            tmp_path, "--stack=docker", "-k", "targets or logs",
            environment={"DOCKER_HOST": between.host},
        ) as one,
    ):  # fmt: skip
        one.await_words("test_up MET")
        between.cut()
        one.exit_code(300)
        assert (tmp_path / "reports" / "latest" / "run.json").is_file()
        assert "Traceback" not in one.said, one.said
        assert " may be left; the next run with this engine removes them" in one.said
        assert not one.runs
        assert not one.living()
    remove_all_of(tmp_path / "tmp")


def test_container_that_was_started_again(tmp_path: Path) -> None:
    """A container that ends by itself, and that the engine starts again at once, is told."""
    ends = ["/bin/sh", "-c", '(sleep 2; kill 1) & exec /bin/alertmanager "$$@"', "--"]
    root = checkout(tmp_path, alertmanager={"entrypoint": ends})
    with started(plan(tmp_path / "kept", root=root, only=("alertmanager",))) as stack:
        stack.check_alive()
        assert until(stack.watch.deaths, within_s=10).met
        [container] = containers_of(tmp_path / "tmp")
        running = ("inspect", "--format", "{{.State.Running}} {{.RestartCount}}", container)
        assert until(lambda: docker(*running).split() == ["true", "1"], within_s=10).met
        expected = "alertmanager ended with exit code 0 while the run went on"
        with pytest.raises(ServerExited, match=expected):
            stack.check_alive()


def test_prometheus_dies(tmp_path: Path) -> None:
    """What cannot be asked any more is unmeasured, never missed, and the run ends soon."""
    with session(tmp_path, "--stack=docker", "-k", "targets or metrics") as one:
        one.await_words("test_clock_skew MET")
        [name] = [one for one in containers_of(tmp_path / "tmp") if "-prometheus-" in one]
        docker("kill", name)
        assert one.exit_code(300) == 6, one.said
        text = (tmp_path / "reports/latest/run.json").read_text(encoding="utf-8")
        verdicts = {check["id"]: check["verdict"] for check in json.loads(text)["checks"]}
        assert "missed" not in verdicts.values()
        assert verdicts["targets.up"] == "met"
        assert verdicts["metrics.counter-delta"] == "unmeasured"
        assert (tmp_path / "reports/latest/stack/logs/prometheus.log").stat().st_size
        assert not one.runs
        assert not one.living()


def test_without_an_engine(tmp_path: Path) -> None:
    """`auto` runs natively then, and says in one line why."""
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/no.sock"}
    with session(tmp_path, "--stack=auto", "-k", "test_jobs", environment=nowhere) as one:
        assert one.exit_code(300) == 0, one.said
        [line] = [line for line in one.said.splitlines() if "smokestack: starting" in line]
        assert " natively at pace fast " in line
        assert line.endswith(f": no container engine answers: there is no {tmp_path}/no.sock")


def test_docker_without_an_engine(tmp_path: Path) -> None:
    """Asked for Docker by name, it is a usage error: what is wrong, and what helps."""
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/no.sock"}
    with session(tmp_path, "--stack", "docker", environment=nowhere) as one:
        assert one.exit_code(180) == 4
        assert f"no container engine answers: there is no {tmp_path}/no.sock\n" in one.said
        assert "use --stack native" in one.said
        assert "Traceback" not in one.said
        assert one.said.count("no container engine answers") == 1
