"""What the stand-ins of tests/docker are made of; the engine is asked in tests/docker alone."""

from __future__ import annotations

import os
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from smokestack.stack.catalogue import load_catalogue
from tests.docker import debian_images
from tests.docker.asked import Asked, asked_images, filled
from tests.docker.compose_plugin import SERVERS
from tests.docker.contents import copied, fingerprint, folder, linked, write_layer, written
from tests.docker.known_images import can_be_had, recipe_for
from tests.docker.recipes import CannotBeHad

COMPOSE = """
x-server: &server {restart: unless-stopped}
services:
  store: {<<: *server, image: "vendor/store:${TAG:-1.2}"}
  app:
    image: example/app:1
    build: {context: app, args: {SOURCE: "${SOURCE:-none}"}}
  worker: {image: example/app:1}
"""


@pytest.fixture
def compose(tmp_path: Path) -> Path:
    """A compose file with an image to pull and one to build."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("# A comment\nFROM base:3 AS one\nCMD true\n")
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE)
    return file


def test_images_are_named_as_compose_names_them(compose: Path) -> None:
    """Defaults are filled in, what several services share is one image, bases come first."""
    assert list(asked_images(compose, {})) == ["base:3", "vendor/store:1.2", "example/app:1"]
    assert "vendor/store:2" in asked_images(compose, {"TAG": "2"})


def test_an_own_image_has_its_folder_and_arguments(compose: Path) -> None:
    """As `build` gives them, even if another service only names the image."""
    app = asked_images(compose, {"SOURCE": "abc"})["example/app:1"]
    assert app.context == compose.parent / "app"
    assert app.arguments == {"SOURCE": "abc"}


def test_a_doubled_dollar_is_one() -> None:
    """It is not the beginning of a variable."""
    assert filled("$$HOME $${x:?} ${A:-b}", {"x": "no", "HOME": "no"}) == "$HOME ${x:?} b"


def test_a_layer_has_owners_and_modes(tmp_path: Path) -> None:
    """Without anything on this machine belonging to them."""
    program = tmp_path / "program"
    program.write_text("#!")
    entries = (folder("/data", 999, 0o775), copied("/bin/program", program), linked("/sh", "b"))
    write_layer(entries, tmp_path / "layer.tar")
    with tarfile.open(tmp_path / "layer.tar") as tar:
        data, copy, link = tar.getmembers()
    assert (data.name, data.uid, data.gid, data.mode, data.isdir()) == (
        "data", 999, 999, 0o775, True,
    )  # fmt: skip
    assert (copy.uid, copy.mode, copy.size) == (0, 0o755, 2)
    assert (link.issym(), link.linkname) == (True, "b")


def test_a_fingerprint_tells_every_change(tmp_path: Path) -> None:
    """Of owners, texts, and the files that are copied."""
    program = tmp_path / "program"
    program.write_text("one")
    before = (folder("/data", 1), written("/text", "a"), copied("/program", program))
    seen = {fingerprint(before)}
    seen.add(fingerprint((replace(before[0], owner=2), *before[1:])))
    seen.add(fingerprint((before[0], replace(before[1], text="b"), before[2])))
    os.utime(program, (1, 1))
    seen.add(fingerprint(before))
    assert len(seen) == 4


def test_postgres_keeps_its_data_where_the_release_does() -> None:
    """Since 18, one folder higher, so that several releases have room."""
    older = debian_images.postgres("17.5").instructions
    newer = debian_images.postgres("18.6").instructions
    assert 'VOLUME ["/var/lib/postgresql/data"]' in older
    assert 'VOLUME ["/var/lib/postgresql"]' in newer
    assert "PGDATA=/var/lib/postgresql/18/docker" in newer[0]


def test_what_cannot_be_had_says_so() -> None:
    """It is not a failure: the stack has to do without, or the image is pulled."""
    image = Asked("vendor/unknown:1")
    assert not can_be_had(image)
    with pytest.raises(CannotBeHad, match="neither"):
        recipe_for(image)


def test_the_compose_plugin_is_stamped_with_its_modules_version() -> None:
    """go.mod pins what servers.yaml names."""
    plugin = load_catalogue(SERVERS).by_name["compose-plugin"]
    pinned = re.search(
        r"github.com/docker/compose/v2 (\S+)", (plugin.module / "go.mod").read_text()
    )
    assert pinned
    assert pinned[1] == plugin.version
