"""Which backend a run takes, and the one line that says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from smokestack.errors import StackError, UsageError
from smokestack.stack import choice, native
from smokestack.stack.choice import choose
from smokestack.stack.compose_file import read_services
from smokestack.stack.passwords import passwords
from smokestack.stack.plan import Plan

ROOT = Path(__file__).parents[2]
SERVICES = read_services(ROOT / "compose" / "compose.yaml", passwords())


class FakeEngine:
    """An engine with every image but those of `without`, which cannot be pulled."""

    name = "Docker 28.2.2"

    def __init__(self, *without: str) -> None:
        self.closed = False
        self.without = {SERVICES[name].image for name in without}

    def images(self) -> dict[str, Mapping[str, str]]:
        """All that compose.yaml names but those."""
        return {s.image: {} for s in SERVICES.values() if s.image not in self.without}

    def pull(self, image: str) -> Iterator[Any]:
        """None can be had."""
        raise StackError(f"the container engine could not pull {image}: no such host")
        yield

    def folder(self) -> Path:
        """The usual place."""
        return Path("/var/lib/docker")

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def chosen(
    monkeypatch: pytest.MonkeyPatch, wanted: str, engine: FakeEngine | UsageError
) -> choice.Choice:
    """The choice on a machine with this engine."""

    def connect() -> FakeEngine:
        if isinstance(engine, UsageError):
            raise engine
        return engine

    monkeypatch.setattr(choice, "connect", connect)
    plan = Plan(ROOT, "reference", "a-run", lambda _: 1.0, ("gateway", "backend"), Path("kept"))
    return choose(wanted, plan, lambda _: None)


NO_ENGINE = UsageError("no container engine answers: there is no socket", hint="start it")


def test_native_asks_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for it gets it, also where an engine hangs."""
    made = chosen(monkeypatch, "native", UsageError("asked for"))
    assert (made.backend, made.reason, made.start) == ("native", "asked for", native.start)


@pytest.mark.parametrize("wanted", ["auto", "docker"])
def test_docker_where_all_is_here(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    """The engine stays open for the stack; the reason says which, unless it was asked for."""
    engine = FakeEngine()
    made = chosen(monkeypatch, wanted, engine)
    assert made.backend == "docker"
    assert made.reason == {
        "auto": "Docker 28.2.2 answers and the images are here", "docker": "asked for"
    }[wanted]  # fmt: skip
    assert not engine.closed


def test_what_is_lacking_is_in_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left out, and what stands in."""
    made = chosen(monkeypatch, "auto", FakeEngine("tempo", "grafana"))
    assert "without grafana" in made.reason
    assert made.reason.endswith("jaeger stands in for tempo")


def test_auto_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Natively then, and the reason is why not in containers."""
    made = chosen(monkeypatch, "auto", NO_ENGINE)
    assert (made.backend, made.reason) == ("native", NO_ENGINE.message)


def test_auto_without_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine without network and images is no better than none."""
    engine = FakeEngine("loki")
    made = chosen(monkeypatch, "auto", engine)
    assert made.backend == "native"
    assert made.reason.startswith(f"the image {SERVICES['loki'].image} is not here")
    assert "\n" not in made.reason
    assert engine.closed


def test_docker_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing else is taken: what is wrong is a usage error, with what helps."""
    with pytest.raises(UsageError) as told:
        chosen(monkeypatch, "docker", NO_ENGINE)
    assert told.value is NO_ENGINE
    engine = FakeEngine("loki")
    with pytest.raises(UsageError, match=r"cannot be pulled: no such host"):
        chosen(monkeypatch, "docker", engine)
    assert engine.closed


def test_asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker by name is looked for before anything is collected; others need no look."""

    def connect() -> FakeEngine:
        raise NO_ENGINE

    monkeypatch.setattr(choice, "connect", connect)
    for wanted in ("auto", "native"):
        choice.require_possible(wanted)
    with pytest.raises(UsageError, match="no container engine answers"):
        choice.require_possible("docker")
