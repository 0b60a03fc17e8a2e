"""Where things are for a stack of containers: for us at loopback, for each other by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from smokestack.stack.blueprint import asked_ports
from smokestack.stack.compose_file import Service, read_services
from smokestack.stack.container_layout import ContainerLayout
from smokestack.stack.passwords import passwords

ROOT = Path(__file__).parents[2]
PUBLISHED = {("loki", 3100): 20001, ("jaeger", 14269): 20002, ("jaeger", 4317): 20003}
JAEGER_FOR_TEMPO = {("tempo", 3200): ("jaeger", 14269), ("tempo", 4317): ("jaeger", 4317)}


@pytest.fixture
def services() -> dict[str, Service]:
    """What compose.yaml has."""
    return read_services(ROOT / "compose" / "compose.yaml", passwords())


@pytest.fixture
def layout(tmp_path: Path) -> ContainerLayout:
    """A stack in which Jaeger stands in for Tempo."""
    return ContainerLayout(tmp_path, ROOT, PUBLISHED, JAEGER_FOR_TEMPO)


def test_we_ask_at_loopback(layout: ContainerLayout) -> None:
    """At the published port of the server, or of the one that took its place."""
    assert layout.url("loki", 3100) == "http://127.0.0.1:20001"
    assert layout.url("tempo", 3200) == layout.url("jaeger", 14269) == "http://127.0.0.1:20002"


def test_what_we_ask_and_send_to_is_published(services: dict[str, Service]) -> None:
    """The collector's metrics, where it says that it is ready, and where it takes telemetry."""
    assert asked_ports(services["otel-collector"]) == {8888, 13133, 4318}
    assert asked_ports(services["loki"]) == {3100}


def test_stand_in_listens_where_the_other_would(layout: ContainerLayout) -> None:
    """Others find it under both names and at the port they know; the rest stays."""
    assert layout.names("jaeger") == ["tempo"]
    assert layout.names("loki") == []
    assert layout.inside("jaeger", 14269) == 3200
    assert layout.inside("jaeger", 4317) == 4317
    assert layout.inside("loki", 3100) == 3100


def test_only_the_stand_in_moves(layout: ContainerLayout, services: dict[str, Service]) -> None:
    """What a server listens on and whom it speaks to is as it ships, but for that one port."""
    jaeger = layout.relocation(services["jaeger"])
    moved = [w for w in services["jaeger"].command if jaeger.text(w) != w]
    assert [jaeger.text(word) for word in moved] == ["--admin.http.host-port=0.0.0.0:3200"]
    prometheus = layout.relocation(services["prometheus"])
    assert all(prometheus.text(word) == word for word in services["prometheus"].command)
    assert prometheus.text("http://loki:3100/ready") == "http://loki:3100/ready"
    assert prometheus.text("/etc/prometheus/rules/*.yml") == "/etc/prometheus/rules/*.yml"


def test_nothing_stands_in(tmp_path: Path, services: dict[str, Service]) -> None:
    """Beside a Tempo nothing moves at all."""
    layout = ContainerLayout(tmp_path, ROOT, PUBLISHED)
    relocation = layout.relocation(services["jaeger"])
    assert all(relocation.text(word) == word for word in services["jaeger"].command)
    assert layout.lost(relocation, {"url": "http://nowhere:1"}) == []


def test_rendered_files_have_a_place_each(
    layout: ContainerLayout, services: dict[str, Service]
) -> None:
    """In the run's own folder; no two mounts share one."""
    places = [
        layout.place(service, target)
        for service in services.values()
        for target in service.extension.config
    ]
    assert len(set(places)) == len(places) > 4
    assert all(place.is_relative_to(layout.folder / "config") for place in places)


def test_files_of_one_name(layout: ContainerLayout, services: dict[str, Service]) -> None:
    """Two configuration files of a server may have one name, in different folders."""
    twice = services["loki"].extension.model_copy(
        update={"config": {"/etc/a/config.yml": "loki", "/etc/b/config.yml": "loki"}}
    )
    loki = replace(services["loki"], extension=twice)
    assert len({layout.place(loki, target) for target in twice.config}) == 2
