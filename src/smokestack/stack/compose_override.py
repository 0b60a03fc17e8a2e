"""The override that turns a Compose project into one run of it: ports, configuration, labels.

Compose merges volumes by their target and environment by name, and replaces commands. What must
not be merged needs `!override`, what must go `!reset` (Compose 2.24.4 or later).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from smokestack import yaml_file
from smokestack.stack.blueprint import Blueprint
from smokestack.stack.compose_file import Service, compose_name
from smokestack.stack.composition import Composition
from smokestack.stack.container_layout import ContainerLayout
from smokestack.stack.ports import LOOPBACK
from smokestack.stack.render import Rendered
from smokestack.yaml_file import Tagged

PROFILE = "smokestack-run"
"""The one profile that is started: what was selected, and nothing else."""

STOP_S = "1s"
"""How long a container may take to end: its data is thrown away."""

Labels = Mapping[str, str]


_GONE = Tagged("!reset")
"""A key that the files before may have set, and that must not be set."""


def _instead(value: Any) -> Tagged:
    """A list or mapping that replaces the one of the files before, not added to it."""
    return Tagged("!override", value)


def override(
    name: str,
    composition: Composition,
    blueprint: Blueprint,
    layout: ContainerLayout,
    labels: Labels,
    build_labels: Mapping[str, Labels],
    *,
    in_turn: bool = False,
) -> str:
    """The override file, as text. `build_labels`: service -> labels of the image built for it.

    `in_turn`: services that share a volume are started one after the other.
    """
    services = {
        compose_name(one.service): _service(role, one, layout, labels)
        for role, one in blueprint.rendered.items()
    }
    services |= {other: _started(labels) for other in composition.others}
    for service, more in build_labels.items():
        services[service]["build"] = {"labels": dict(more)}
    for service, before in _in_turn(blueprint).items() if in_turn else ():
        services[service]["depends_on"] = {one: {"condition": "service_started"} for one in before}
    if composition.own:  # names that a stack of theirs, running now, may have taken
        for changed in services.values():
            changed["container_name"] = _GONE
    own = _instead if composition.own else dict
    document = {
        "name": name,
        "services": services,
        "networks": {network: own({"labels": dict(labels)}) for network in composition.networks},
        "volumes": {volume: own({"labels": dict(labels)}) for volume in composition.volumes},
    }
    return yaml_file.dump(document)


def _in_turn(blueprint: Blueprint) -> Mapping[str, list[str]]:
    """Service -> those that must have been started before, since they mount a volume that it
    mounts too. Our own images come first: they have the folder, with its owner.
    """
    sharing: dict[str, list[tuple[bool, str]]] = {}
    for one in blueprint.rendered.values():
        for mount in one.service.mounts:
            if mount.is_volume:
                entry = (not one.service.build, compose_name(one.service))
                sharing.setdefault(mount.source, []).append(entry)
    after: dict[str, list[str]] = {}
    for entries in sharing.values():
        for (_, before), (_, name) in itertools.pairwise(sorted(entries)):
            after.setdefault(name, []).append(before)
    return after


def _started(labels: Labels) -> dict[str, Any]:
    """What every container of a run has in common; nothing is published."""
    return {
        "profiles": _instead([PROFILE]),
        "ports": _instead([]),
        "labels": dict(labels),
        "stop_grace_period": STOP_S,
    }


def _service(role: str, one: Rendered, layout: ContainerLayout, labels: Labels) -> dict[str, Any]:
    """A service that we ask: published on loopback, with the configuration of this run."""
    service = one.service
    changed = _started(labels)
    changed["ports"] = _instead(
        [
            f"{LOOPBACK}:{host}:{layout.inside(role, port)}"
            for (name, port), host in sorted(layout.published.items())
            if name == role
        ]
    )
    changed["volumes"] = [
        {
            "type": "bind",
            "source": _escaped(str(layout.place(service, target))),
            "target": target,
            "read_only": True,
        }
        for target in _own_mounts(service)
    ]
    if one.arguments != service.command:
        changed["command"] = [_escaped(argument) for argument in one.arguments]
    if names := layout.names(role):
        changed["networks"] = {"observability": {"aliases": names}}
    environment = {
        key: _escaped(value)
        for key, value in one.environment.items()
        if service.environment.get(key) != value
    }
    if environment:
        changed["environment"] = environment
    return changed


def _own_mounts(service: Service) -> list[str]:
    """What is mounted from the run's own folder: its configuration, and the host's logs."""
    logs = service.extension.host_logs
    return [*service.extension.config, *([logs] if logs else [])]


def _escaped(text: str) -> str:
    """Compose fills in variables here too; ours are filled in already."""
    return text.replace("$", "$$")
