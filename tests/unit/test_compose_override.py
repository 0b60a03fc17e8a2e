"""The override of a run: only what was selected, on loopback, labelled, with its own files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from smokestack.stack.blueprint import asked_port, draw
from smokestack.stack.compose_override import PROFILE, override
from smokestack.stack.composition import Composition
from smokestack.stack.container_layout import ContainerLayout
from smokestack.stack.images import Images
from smokestack.stack.pace import factor
from smokestack.stack.plan import Plan
from smokestack.stack.selection import select

ROOT = Path(__file__).parents[2]
LABELS = {"dev.smokestack.run": "a-run", "dev.smokestack.home": "here:/runs"}
LACKING = ("tempo", "grafana")


class Replaced(list[Any]):
    """A list with the tag !override."""


class _Loader(yaml.SafeLoader):
    """Reads what Compose would."""


_Loader.add_constructor(
    "!override",
    lambda loader, node: Replaced(loader.construct_sequence(node)),  # type: ignore[arg-type]
)


def overridden(
    folder: Path, lacking: tuple[str, ...] = LACKING, *, in_turn: bool = False, **changes: Any
) -> dict[str, Any]:
    """The override of a run on an engine without these images."""
    plan = Plan(ROOT, "reference", "a-run", factor, ("gateway", "backend"), folder / "kept")
    services = plan.services(plan.variables())
    absent = {services[name].image for name in lacking}
    images = Images({s.image: {} for s in services.values() if s.image not in absent})
    selection = select(services, "reference", images.lacking)
    asked = {(n, p) for n, s in selection.services.items()
             for p in (asked_port(s), s.extension.ready.port)}  # fmt: skip
    asked |= set(selection.aliases.values())
    published = {listener: 20_000 + number for number, listener in enumerate(sorted(asked))}
    layout = ContainerLayout(
        folder, ROOT, published, selection.aliases, selection.replaces,
        tuple(one.name for one in selection.left_out),
    )  # fmt: skip
    composition = Composition(
        (plan.compose,), ROOT, {}, selection, images, volumes=("loki-data", "app-logs")
    )
    blueprint = draw(plan, layout, selection)
    text = override(
        "smokestack-a-run", replace(composition, **changes), blueprint, layout, LABELS,
        {"gateway": {"dev.smokestack.source": "0123"}}, in_turn=in_turn,
    )  # fmt: skip
    document: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one's child
    return document


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With Jaeger for Tempo, and without Grafana."""
    return overridden(tmp_path_factory.mktemp("r$n"))


def test_only_what_was_selected_is_started(document: dict[str, Any]) -> None:
    """By a profile of our own that replaces all others; nothing else has it."""
    assert document["name"] == "smokestack-a-run"
    assert "jaeger" in document["services"]
    assert not {*LACKING} & set(document["services"])
    for service in document["services"].values():
        assert isinstance(service["profiles"], Replaced)
        assert service["profiles"] == [PROFILE]


def test_ports_are_replaced(document: dict[str, Any]) -> None:
    """By ports of loopback; what compose.yaml publishes is published no more."""
    ports = [port for one in document["services"].values() for port in one["ports"]]
    assert all(isinstance(one["ports"], Replaced) for one in document["services"].values())
    assert all(port.startswith("127.0.0.1:2") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)
    assert [port.split(":")[2] for port in document["services"]["loki"]["ports"]] == ["3100"]


def test_stand_in_takes_the_place(document: dict[str, Any]) -> None:
    """It is found under the other's name, and listens where the other would."""
    jaeger = document["services"]["jaeger"]
    assert jaeger["networks"] == {"observability": {"aliases": ["tempo"]}}
    assert "3200" in {port.split(":")[2] for port in jaeger["ports"]}
    assert "--admin.http.host-port=0.0.0.0:3200" in jaeger["command"]


def test_rendered_configuration_is_mounted(document: dict[str, Any]) -> None:
    """At the paths of compose.yaml, which Compose merges by; a `$` in a path is only that."""
    mounts = {one["target"]: one for one in document["services"]["prometheus"]["volumes"]}
    assert set(mounts) == {"/etc/prometheus/prometheus.yml", "/etc/prometheus/rules"}
    for one in mounts.values():
        assert one["read_only"]
        assert "r$$n" in one["source"]
        assert Path(one["source"].replace("$$", "$")).exists()


def test_host_logs_are_a_folder_of_the_run(document: dict[str, Any]) -> None:
    """In place of the host's own, which nothing is written to; users of containers can read it."""
    mounts = {one["target"]: one for one in document["services"]["otel-collector"]["volumes"]}
    own = mounts["/var/log/host"]
    folder = Path(own["source"].replace("$$", "$"))
    assert own["read_only"]
    assert (folder.name, folder.is_dir()) == ("host-logs", True)
    assert folder.stat().st_mode & 0o777 == 0o755


def test_only_what_changes_is_written(document: dict[str, Any]) -> None:
    """Arguments and environment that the pace changed; the rest stays compose.yaml's."""
    services = document["services"]
    assert "--query.lookback-delta=5m" not in services["prometheus"]["command"]
    assert "command" not in services["node-exporter"]
    assert set(services["gateway"]["environment"]) == {"OTEL_BSP_SCHEDULE_DELAY"}
    assert "environment" not in services["prometheus"]


def test_everything_is_labelled(document: dict[str, Any]) -> None:
    """Also networks and volumes: by these labels a killed run's are found."""
    for kind in ("services", "networks", "volumes"):
        assert document[kind]
        assert all(one["labels"] == LABELS for one in document[kind].values())
    assert set(document["volumes"]) == {"loki-data", "app-logs"}
    assert document["services"]["gateway"]["build"] == {"labels": {"dev.smokestack.source": "0123"}}


def test_nothing_stands_in_where_all_is_here(tmp_path: Path) -> None:
    """Then there is a Tempo, under its own name alone."""
    services = overridden(tmp_path, ())["services"]
    assert {"tempo", "grafana"} < set(services)
    assert "jaeger" not in services
    assert "networks" not in services["tempo"]


def test_what_plays_no_role_is_started_too(tmp_path: Path) -> None:
    """Labelled like all, and published nowhere."""
    mail = overridden(tmp_path, others=("mail",))["services"]["mail"]
    assert (mail["ports"], mail["profiles"], mail["labels"]) == ([], [PROFILE], LABELS)


def test_what_shares_a_volume_is_started_in_turn(tmp_path: Path) -> None:
    """Only where it is asked for; those whose image has the folder come first."""
    services = overridden(tmp_path, in_turn=True)["services"]
    started = {"condition": "service_started"}
    assert services["gateway"]["depends_on"] == {"backend": started}
    assert services["otel-collector"]["depends_on"] == {"gateway": started}
    assert "depends_on" not in services["backend"]
    assert "depends_on" not in services["prometheus"]
