"""The images that compose.yaml names: there, labelled, running, and owning what they write to."""

from __future__ import annotations

import io
import subprocess
import tarfile
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from smokestack.wait import until
from tests.docker import engine as engine_edge
from tests.docker.alone import Alone, services, write_secrets
from tests.docker.asked import asked_images
from tests.docker.assemble import Outcome, assemble, put
from tests.docker.contents import written
from tests.docker.engine import docker
from tests.docker.known_images import can_be_had
from tests.docker.recipes import Recipe

ASKED = asked_images()
HAD = {name for name, image in ASKED.items() if can_be_had(image)}
RUN = {name: each for name, each in services().items() if each.image in HAD}
READY_S = 40.0
"""RabbitMQ takes the longest: 8 s on two cores, with all others starting beside it."""
OWNERS = {
    "prometheus": ("/prometheus", "65534:65534"),
    "alertmanager": ("/alertmanager", "65534:65534"),
    "loki": ("/loki", "10001:10001"),
    "backend": ("/var/lib/app", "10001:10001"),
    "gateway": ("/var/log/app", "10001:10001"),
    "postgres": ("/var/lib/postgresql", "999:999"),
    "redis": ("/data", "999:1000"),
    "rabbitmq": ("/var/lib/rabbitmq", "999:999"),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The container of each service, all started at once; removed with their volumes."""
    secrets = tmp_path_factory.mktemp("secrets")
    write_secrets(secrets)
    containers: dict[str, str] = {}

    def start(service: Alone) -> None:
        containers[service.name] = service.create(secrets)
        docker("start", containers[service.name])

    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(start, RUN.values()))
        yield containers
    finally:
        _remove(*containers.values())


@pytest.fixture
def made_up() -> Iterator[str]:
    """A name that no image has; what gets it is removed."""
    name = f"smokestack-test/{uuid.uuid4().hex}:1"
    yield name
    if engine_edge.inspect(name):
        engine_edge.remove([name])


@pytest.mark.parametrize("name", sorted(RUN))
def test_it_becomes_ready(running: Mapping[str, str], name: str) -> None:
    """Started as compose.yaml starts it, its health check finds it well in its own container."""
    container = running[name]
    waited = until(lambda: RUN[name].is_ready(container), within_s=READY_S, every_s=0.5)
    logs = docker("logs", "--tail", "20", container)
    assert waited.met, f"{waited}: {waited.polls[-1]}\n{logs}"


@pytest.mark.parametrize("name", sorted(OWNERS.keys() & RUN.keys()))
def test_a_new_volume_belongs_to_the_server(name: str) -> None:
    """An empty volume takes the owner that its folder has in the image."""
    folder, owner = OWNERS[name]
    created = docker("create", f"--volume={folder}", RUN[name].image).strip()
    try:
        seen = docker(
            "run", "--rm", f"--volumes-from={created}", "--entrypoint=/bin/stat",
            RUN["node-exporter"].image, "-c", "%u:%g", folder,
        )  # fmt: skip
    finally:
        _remove(created)
    assert seen.strip() == owner


def test_assembling_again_changes_nothing() -> None:
    """What is there stays there, under the same ids; real images are left alone."""
    here = HAD & engine_edge.images()
    again = sorted(name for name in here if here.issuperset(ASKED[name].bases()))
    before = {name: engine_edge.inspect(name) for name in again}
    assert {done.outcome for done in assemble(again)} <= {Outcome.UNCHANGED, Outcome.REAL}
    assert {name: engine_edge.inspect(name) for name in again} == before


def test_a_stand_in_says_what_it_is(made_up: str) -> None:
    """Its labels tell it from a real image, and whether it must be made anew."""
    recipe = _holding("one")
    assert put(made_up, recipe) is Outcome.ASSEMBLED
    labels = engine_edge.labels_of(engine_edge.inspect(made_up))
    assert labels == {"dev.smokestack.stand-in": "true", "dev.smokestack.key": recipe.key()}
    assert put(made_up, recipe) is Outcome.UNCHANGED


def test_a_changed_recipe_takes_the_place_of_the_old_image(made_up: str) -> None:
    """The old image does not stay behind without a name."""
    put(made_up, _holding("one"))
    old = _id_of(made_up)
    assert put(made_up, _holding("other")) is Outcome.ASSEMBLED
    assert _id_of(made_up) != old
    assert engine_edge.inspect(old) is None


def test_a_real_image_is_never_touched(made_up: str) -> None:
    """An image of that name without our label is neither overwritten nor removed."""
    _import_empty(made_up)
    real = _id_of(made_up)
    assert put(made_up, _holding("one")) is Outcome.REAL
    assert _id_of(made_up) == real
    assert made_up not in engine_edge.stand_ins()


def _holding(text: str) -> Recipe:
    return Recipe("a text", (written("/text", text),), ('CMD ["/text"]',))


def _id_of(name: str) -> str:
    image = engine_edge.inspect(name)
    assert image
    return str(image["Id"])


def _import_empty(name: str) -> None:
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    subprocess.run(
        ["docker", "import", "-", name], input=empty.getvalue(), check=True, capture_output=True
    )


def _remove(*containers: str) -> None:
    if containers:
        docker("rm", "--force", "--volumes", *containers)
