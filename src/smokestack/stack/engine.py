"""Everything that is asked of the container engine.

The one edge to the engine's API; its errors become ours here. engine_connect.py finds it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import docker
import requests
import urllib3
from docker.errors import APIError, DockerException, NotFound, StreamParseError
from docker.utils import parse_repository_tag

from smokestack.errors import StackError
from smokestack.processes import Ran
from smokestack.wait import until

ANSWER_S = 60.0
"""Seconds in which the engine must answer a question, or say more of a pull."""
REMOVED_S = 10.0
"""Seconds in which a container that somebody else removes must be gone."""
STOP_S = 5
"""Seconds in which a container that is stopped on purpose must have ended; then it is killed."""
PODMAN = "Podman"
UNKNOWN = -1
"""What an engine says of the size of a volume that it did not look into."""


@dataclass(frozen=True)
class Engine:
    """An engine that answered. `name` has its version: "Docker 28.2.2"."""

    client: docker.DockerClient
    name: str

    @property
    def is_podman(self) -> bool:
        """Whether it is Podman, which answers as Docker but for a few things."""
        return self.name.startswith(PODMAN)

    def close(self) -> None:
        """Drop the connection."""
        self.client.close()

    def images(self) -> dict[str, Mapping[str, str]]:
        """Every image that is here, by name and tag, with its labels."""
        with _mapped("list its images"):
            found = self.client.api.images()
        return {
            name: one.get("Labels") or {}
            for one in found
            for tag in (*(one.get("RepoTags") or []), *(one.get("RepoDigests") or []))
            for name in self._names(tag)
        }

    def _names(self, tag: str) -> set[str]:
        """What an image is asked for by. Podman lists all names in full (`docker.io/…`, and
        `localhost/…` for what was loaded), and finds each by its short name too.
        """
        short = tag.removeprefix("docker.io/").removeprefix("library/")
        return {short, tag, tag.removeprefix("localhost/")} if self.is_podman else {short}

    def pull(self, image: str) -> Iterator[Mapping[str, Any]]:
        """Pull an image; yields the engine's progress. Raises StackError when it cannot be had."""
        name, tag = parse_repository_tag(image)
        try:
            with _mapped(f"pull {image}"):
                for line in self.client.api.pull(name, tag=tag, stream=True, decode=True):
                    if "error" in line:
                        raise StackError(
                            f"the container engine could not pull {image}: {line['error']}"
                        )
                    yield line
        except NotFound as error:
            raise StackError(
                f"the container engine could not pull {image}: {error.explanation}"
            ) from error

    def containers(self, **labels: str | None) -> list[Mapping[str, Any]]:
        """All containers with these labels, running or not, as the engine lists them."""
        with _mapped("list its containers"):
            return list(self.client.api.containers(all=True, filters={"label": _filter(labels)}))

    def inspect(self, container: str) -> Mapping[str, Any]:
        """Everything the engine knows of a container."""
        with _mapped(f"inspect {container}"):
            return dict(self.client.api.inspect_container(container))

    def logs(self, container: str, lines: int | Literal["all"] = "all") -> str:
        """A container's output, or its last lines. Empty where it is gone."""
        with contextlib.suppress(NotFound), _mapped(f"give the logs of {container}"):
            said: bytes = self.client.api.logs(container, tail=lines)
            return said.decode(errors="replace")
        return ""

    def stats(self, container: str) -> Mapping[str, Any]:
        """What a container uses right now; empty where it is gone. One look: by default an engine
        takes two, a second apart, to give a rate.
        """
        with contextlib.suppress(NotFound), _mapped(f"say what {container} uses"):
            return dict(self.client.api.stats(container, stream=False, one_shot=True))
        return {}

    def volumes(self) -> dict[str, float]:
        """The bytes that each volume holds on disk, as far as the engine knows. It reads every file
        of them for that; engines before 23.0 (API 1.42) look at images and containers, too.
        """
        with _mapped("say what its volumes hold"):
            answer = self.client.api.get(
                f"{self.client.api.base_url}/v{self.client.api.api_version}/system/df",
                params={"type": "volume"},
                timeout=ANSWER_S,
            )
            answer.raise_for_status()
            found = answer.json().get("Volumes") or []
        sizes = {one["Name"]: (one.get("UsageData") or {}).get("Size", UNKNOWN) for one in found}
        return {name: float(size) for name, size in sizes.items() if size > UNKNOWN}

    def output(self, container: str, until: float) -> list[str]:
        """The lines that a container wrote until a time, each with that of its arrival."""
        with contextlib.suppress(NotFound), _mapped(f"give the output of {container}"):
            said: bytes = self.client.api.logs(container, timestamps=True, until=until)
            return said.decode(errors="replace").split("\n")
        return []

    def folder(self) -> Path:
        """Where it keeps everything, the output of containers among it."""
        with _mapped("say where it keeps things"):
            return Path(self.client.api.info().get("DockerRootDir") or "")

    def succeeds(self, container: str, command: Sequence[str]) -> bool:
        """Whether a command ends with 0 inside a container; False while it does not run."""
        with _mapped(f"run {command[0]} in {container}"):
            try:
                made = self.client.api.exec_create(container, list(command))
                self.client.api.exec_start(made["Id"])
                return bool(self.client.api.exec_inspect(made["Id"])["ExitCode"] == 0)
            except (APIError, NotFound):  # not running yet, or not any more
                return False

    def put(self, container: str, folder: str, archive: bytes) -> None:
        """Unpack a tar archive into a folder of a container."""
        with _mapped(f"copy files into {container}"):
            self.client.api.put_archive(container, folder, archive)

    @contextlib.contextmanager
    def like(
        self,
        container: str,
        without: Sequence[str],
        published: tuple[int, int],
        labels: Mapping[str, str],
    ) -> Iterator[str]:
        """A new container, not started, of another's image, command and mounts but those at the
        paths `without`; gone afterwards. It runs as root: the owner of what is put into it is
        the engine's.
        """
        told = self.inspect(container)
        kept = [one for one in told["Mounts"] if one["Destination"] not in without]
        port, ours = published
        with _mapped("create a container"):
            made = self.client.api.create_container(
                told["Config"]["Image"],
                command=told["Config"]["Cmd"],
                entrypoint=told["Config"]["Entrypoint"],
                environment=told["Config"]["Env"],
                user="0",
                ports=[port],
                labels=dict(labels),
                host_config=self.client.api.create_host_config(
                    binds=[f"{one['Source']}:{one['Destination']}:ro" for one in kept],
                    port_bindings={port: ("127.0.0.1", ours)},
                ),
            )
        try:
            yield made["Id"]
        finally:
            with _removed(f"the container {made['Id']}"):
                self.client.api.remove_container(made["Id"], force=True, v=True)

    def get(self, container: str, path: str) -> bytes:
        """A folder of a container, as a tar archive. Raises StackError where it is not there."""
        try:
            with _mapped(f"copy {path} out of {container}"):
                chunks, _ = self.client.api.get_archive(container, path)
                return b"".join(chunks)
        except NotFound as error:
            raise StackError(f"there is no {path} in {container}") from error

    def run(self, container: str, command: Sequence[str], folder: str) -> Ran:
        """Run a command as root in a folder of a container, to its end."""
        with _mapped(f"run {command[0]} in {container}"):
            # As root: whose pipe /dev/stdout is differs from engine to engine.
            made = self.client.api.exec_create(container, list(command), user="0", workdir=folder)
            said: bytes = self.client.api.exec_start(made["Id"])
            code = self.client.api.exec_inspect(made["Id"])["ExitCode"]
        return Ran(int(code), said.decode(errors="replace"))

    def restart(self, container: str) -> None:
        """Kill a container and start it again."""
        with _mapped(f"restart {container}"):
            self.client.api.restart(container, timeout=0)

    def stop(self, container: str) -> None:
        """Ask a container to end, and kill it after a while."""
        with _mapped(f"stop {container}"):
            self.client.api.stop(container, timeout=STOP_S)

    def start(self, container: str) -> None:
        """Start a container that was created, or that ended."""
        with _mapped(f"start {container}"):
            self.client.api.start(container)

    def events(self, **labels: str | None) -> Any:
        """A stream of what happens to containers with these labels; `close` ends it."""
        # Podman tells `die` too, but 4.3.1 has to be asked for `died`, and tells nothing otherwise
        # (containers/podman#16857). It has no `oom`.
        wanted = ["die", "died", "oom"]
        with _mapped("tell its events"):
            return self.client.api.events(
                decode=True,
                filters={"type": "container", "event": wanted, "label": _filter(labels)},
            )

    def prune_images(self, label: str) -> None:
        """Remove images with a label that have no name any more and that no container uses."""
        with _mapped("remove old images"):
            self.client.images.prune(filters={"dangling": True, "label": label})

    def labelled(self, **labels: str | None) -> list[Mapping[str, str]]:
        """The labels of every container, network and volume with these labels."""
        with _mapped("list its networks and volumes"):
            wanted = {"label": _filter(labels)}
            networks = self.client.api.networks(filters=wanted)
            volumes = self.client.api.volumes(filters=wanted)["Volumes"] or []
        return [one["Labels"] for one in (*self.containers(**labels), *networks, *volumes)]

    def remove_all(self, **labels: str | None) -> list[str]:
        """Remove the containers, networks and volumes with these labels, by id; their names.

        Another run may be removing the same. Raises StackError for what cannot be removed.
        """
        names: list[str] = []
        for one in self.containers(**labels):
            names.append(one["Names"][0].lstrip("/") if one.get("Names") else one["Id"][:12])
            with _removed(names[-1]):
                self.client.api.remove_container(one["Id"], force=True, v=True)
        until(lambda: not self.containers(**labels), within_s=REMOVED_S)
        with _mapped("list its networks"):
            networks = self.client.api.networks(filters={"label": _filter(labels)})
        for one in networks:
            names.append(one["Name"])
            with _removed(f"the network {one['Name']}"):
                self.client.api.remove_network(one["Id"])
        with _mapped("list its volumes"):
            volumes = self.client.api.volumes(filters={"label": _filter(labels)})
        for one in volumes["Volumes"] or []:
            names.append(one["Name"])
            with _removed(f"the volume {one['Name']}"):
                self.client.api.remove_volume(one["Name"])
        return names


def _filter(labels: Mapping[str, str | None]) -> Sequence[str]:
    """Label filters; keyword names cannot have dots, so `run` means our label of that name."""
    return [
        f"{LABEL}.{name}" if value is None else f"{LABEL}.{name}={value}"
        for name, value in labels.items()
    ]


LABEL = "dev.smokestack"
"""What our labels begin with: `.run`, `.home`, `.source`, `.stand-in`."""


@contextlib.contextmanager
def _removed(what: str) -> Iterator[None]:
    """Gone already is fine, and so is that another run removes it right now."""
    try:
        with _mapped(f"remove {what}"):
            yield
    except NotFound:
        pass
    except StackError as error:
        if "already in progress" not in error.message:
            raise


BROKEN = (
    DockerException,
    StreamParseError,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,  # what is streamed is read past requests
    OSError,
)


@contextlib.contextmanager
def _mapped(doing: str) -> Iterator[None]:
    """Errors of the engine's client as ours; what is not there any more stays NotFound."""
    try:
        yield
    except NotFound:
        raise
    except APIError as error:
        text = error.explanation or str(error)
        raise StackError(f"the container engine could not {doing}: {text}") from error
    except BROKEN as error:
        raise StackError(
            f"the container engine went away, asked to {doing}: {type(error).__name__}",
            hint="look at its log (`journalctl -u docker`)",
        ) from error
