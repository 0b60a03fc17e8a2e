"""Which images are here, which are pulled or built, and what is said of those that are not."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from smokestack.errors import StackError, UsageError
from smokestack.stack import images
from smokestack.stack.compose_file import Service, read_services
from smokestack.stack.engine import Engine
from smokestack.stack.images import SOURCE, STAND_IN, Images, have, source_hash
from smokestack.stack.passwords import passwords
from smokestack.stack.selection import Selection, select

ROOT = Path(__file__).parents[2]
NOT_THERE = "could not pull {image}: no such host"


@pytest.fixture
def services() -> dict[str, Service]:
    """What compose.yaml has."""
    return read_services(ROOT / "compose" / "compose.yaml", passwords())


def images_of(services: Mapping[str, Service], *without: str) -> Images:
    """The images of all services but these."""
    lacking = {services[name].image for name in without}
    return Images({s.image: {} for s in services.values() if s.image not in lacking})


class FakeEngine:
    """Has some images; a pull yields what a test wants."""

    def __init__(self, *having: str, pull: Callable[[str], Iterator[dict[str, Any]]]) -> None:
        self.having = set(having)
        self.pulled: list[str] = []
        self._pull = pull

    def images(self) -> dict[str, Mapping[str, str]]:
        """What it has."""
        return {key: {} for key in self.having}

    def pull(self, image: str) -> Iterator[dict[str, Any]]:
        """Have it, unless the test's own pull raises."""
        self.pulled.append(image)
        yield from self._pull(image)
        self.having.add(image)


def had(engine: FakeEngine, wanted: list[str]) -> tuple[Images, list[str]]:
    """What there is afterwards, and what was said meanwhile."""
    said: list[str] = []
    return have(cast("Engine", engine), wanted, said.append), said


def test_nothing_is_pulled_that_is_here() -> None:
    """And nothing is said then."""
    engine = FakeEngine("a:1", "b:1", pull=lambda _: iter(()))
    assert had(engine, ["a:1"]) == (Images({"a:1": {}, "b:1": {}}), [])
    assert not engine.pulled


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("redis", "redis:latest"),
        ("redis:7", "redis:7"),
        ("localhost:5000/shop", "localhost:5000/shop:latest"),
        ("localhost:5000/shop:1", "localhost:5000/shop:1"),
        ("shop@sha256:00", "shop@sha256:00"),
    ],
)
def test_a_name_without_a_tag_means_latest(name: str, full: str) -> None:
    """A port of a registry is no tag."""
    assert images.tagged(name) == full


def test_pulls() -> None:
    """What is absent is pulled, each once; one that fails keeps no other from arriving."""

    def pull(image: str) -> Iterator[dict[str, Any]]:
        if image == "b:1":
            raise StackError(f"the container engine could not pull {image}: no such host")
        yield {"status": "Downloading", "id": "l", "progressDetail": {"current": 1, "total": 2}}
        yield {"status": "Pull complete", "id": "l"}

    engine = FakeEngine("a:1", pull=pull)
    found, said = had(engine, ["c:1", "b:1", "a:1", "c:1"])
    assert sorted(engine.pulled) == ["b:1", "c:1"]
    assert set(found.here) == {"a:1", "c:1"}
    assert found.failed == {"b:1": "no such host"}
    assert said[:2] == ["smokestack: pulling 2 images: b:1, c:1", "  b:1: no such host"]
    assert said[2].startswith("  c:1: pulled in ")


def test_long_pulls_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """From time to time, in megabytes, until the last is over."""
    monkeypatch.setattr(images, "SAY_EVERY_S", 0.02)
    told = threading.Event()
    said: list[str] = []

    def pull(_: str) -> Iterator[dict[str, Any]]:
        detail = {"current": 12_000_000, "total": 90_000_000}
        yield {"status": "Downloading", "id": "layer", "progressDetail": detail}
        assert told.wait(10)

    def say(line: str) -> None:
        said.append(line)
        if "still" in line and "12" in line:
            told.set()

    have(cast("Engine", FakeEngine(pull=pull)), ["a:1"], say)
    assert "  still pulling: a:1 12 of 90 MB" in said
    assert said[-1].startswith("  a:1: pulled in ")


def test_interrupt_does_not_wait_for_a_pull() -> None:
    """Ctrl-C ends at once, although an engine without network can take minutes to say so."""
    over = threading.Event()

    def pull(_: str) -> Iterator[dict[str, Any]]:
        os.kill(os.getpid(), signal.SIGINT)
        over.wait(20)
        yield {}

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            had(FakeEngine(pull=pull), ["a:1"])
        assert not over.is_set()
    finally:
        over.set()
        signal.signal(signal.SIGINT, before)


def chosen(services: Mapping[str, Service], *without: str) -> Selection:
    """The reference system on an engine without some images."""
    return select(services, "reference", images_of(services, *without).lacking)


def test_all_images_here(services: dict[str, Service]) -> None:
    """Then all services of the profile run, and nothing stands in."""
    selection = chosen(services)
    assert set(selection.services) == {n for n, s in services.items() if "reference" in s.profiles}
    assert (selection.standins, selection.left_out) == ((), ())
    assert selection.trace_store == "tempo"


def test_images_that_another_can_stand_in_for(services: dict[str, Service]) -> None:
    """Jaeger takes Tempo's place, what is optional is left out; both with the engine's reason."""
    selection = chosen(services, "tempo", "grafana")
    assert selection.trace_store == "jaeger"
    assert "tempo" not in selection.services
    [standin] = selection.standins
    assert standin.reason.startswith(f"the image {services['tempo'].image} is not here")
    assert "grafana" in {one.name for one in selection.left_out}


def test_images_without_which_nothing_runs(services: dict[str, Service]) -> None:
    """All are named at once; the trace store is one of them if there is no stand-in either."""
    with pytest.raises(UsageError, match=r"^the image grafana/loki:.* is not here") as told:
        chosen(services, "loki")
    assert f"docker pull {services['loki'].image}" in str(told.value.hint)
    with pytest.raises(UsageError, match=r"^2 servers cannot be had here: ") as told:
        chosen(services, "loki", "prometheus")
    with pytest.raises(UsageError, match=r"^the image grafana/tempo:"):
        chosen(services, "tempo", "jaeger")


def test_our_own_images_are_built(services: dict[str, Service]) -> None:
    """They lack nothing; one that is missing or of other sources is outdated, once for all."""
    app = services["gateway"]
    assert app.build
    absent = Images({})
    assert absent.lacking(app) is None
    everything = list(services.values())
    same, other = source_hash(app.build), {SOURCE: "0123456789abcdef"}
    [(service, source)] = absent.outdated(everything).items()
    assert (services[service].image, source) == (app.image, same)
    assert Images({app.image: other}).outdated(everything) == {service: source}
    assert Images({app.image: {}}).outdated(everything) == {service: source}
    assert Images({app.image: {SOURCE: same}}).outdated(everything) == {}


def test_stand_in_images_are_told(services: dict[str, Service]) -> None:
    """By their own label."""
    loki, prometheus = services["loki"], services["prometheus"]
    found = Images({loki.image: {STAND_IN: "true"}, prometheus.image: {}})
    [standin] = found.standins([loki, prometheus])
    assert (standin.name, standin.instead_of) == ("loki", loki.image)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A folder that an image is built from."""
    folder = tmp_path / "context"
    (folder / "part").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    (folder / "part" / "one.py").write_text("1\n", encoding="utf-8")
    return folder


def test_source_hash_is_of_the_sources_alone(context: Path, tmp_path: Path) -> None:
    """A copy elsewhere has the same, and what Python leaves beside them does not count."""
    before = source_hash(context)
    (context / "part" / "__pycache__").mkdir()
    (context / "part" / "__pycache__" / "one.pyc").touch()
    assert source_hash(context) == before
    assert source_hash(Path(shutil.copytree(context, tmp_path / "copy"))) == before
    assert len(before) == 16


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "part" / "one.py").write_text("2\n"),
        lambda folder: (folder / "part" / "two.py").touch(),
        lambda folder: (folder / "part" / "one.py").rename(folder / "part" / "two.py"),
        lambda folder: (folder / "part" / "one.py").rename(folder / "one.py"),
        lambda folder: (folder / "part" / "one.py").unlink(),
    ],
    ids=["content", "new file", "name", "place", "removed"],
)
def test_source_hash_changes(context: Path, change: Callable[[Path], object]) -> None:
    """With any file's content, name or place."""
    before = source_hash(context)
    change(context)
    assert source_hash(context) != before
