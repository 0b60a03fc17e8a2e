"""compose.yaml is read as Compose reads it, as far as our own file goes; the rest is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from smokestack.errors import ConfigError
from smokestack.stack.compose_file import read_services

ROOT = Path(__file__).parents[2]
FILE = """
name: test
services:
  one:
    image: one:1.0.0
    profiles: [reference]
    entrypoint: [one]
    environment: {{TOKEN: "{value}"}}
    volumes: ["./one:/etc/one:ro", "one-data:/var/lib/one"]
    x-smokestack:
      binary: one
      listen: {{http: 80}}
      ready: {{port: 80, path: /ready}}
{more}
networks: {{}}
volumes: {{}}
"""


def written(folder: Path, value: str = "", more: str = "") -> Path:
    """A compose file with one service that has one variable."""
    file = folder / "compose.yaml"
    file.write_text(FILE.format(value=value, more=more), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("${TOKEN:?choose one}", {"TOKEN": "t"}, "t"),
        ("a ${TOKEN:?} z", {"TOKEN": "t"}, "a t z"),
        ("${TOKEN:-d}", {"TOKEN": "t"}, "t"),
        ("${TOKEN:-d}", {"TOKEN": ""}, "d"),
        ("${TOKEN:-d}", {}, "d"),
        ("${TOKEN}", {"TOKEN": "t"}, "t"),
        ("$${TOKEN:?choose one}", {}, "${TOKEN:?choose one}"),
    ],
)
def test_variables(tmp_path: Path, text: str, variables: dict[str, str], expected: str) -> None:
    """A variable is filled in from what is set, or from its default."""
    [one] = read_services(written(tmp_path, text), variables).values()
    assert one.environment["TOKEN"] == expected


@pytest.mark.parametrize(
    ("text", "variables", "told"),
    [
        ("${TOKEN:?choose one}", {}, "${TOKEN} must be set: choose one"),
        ("${TOKEN:?choose one}", {"TOKEN": ""}, "${TOKEN} must be set: choose one"),
        ("${TOKEN:?}", {}, "${TOKEN} must be set: it has no default"),
        ("${TOKEN}", {}, "${TOKEN} must be set: it has no default"),
    ],
)
def test_demanded_variables(
    tmp_path: Path, text: str, variables: dict[str, str], told: str
) -> None:
    """A variable that must be set, and is not, is told with the reason that the file gives."""
    with pytest.raises(ConfigError) as error:
        read_services(written(tmp_path, text), variables)
    assert told in error.value.message


def test_what_only_we_need(tmp_path: Path) -> None:
    """Whether a server may be missing, where its own files are, what is read in another's place."""
    more = """
      optional: true
      home: {path: /usr/share/one, holds: conf/one.ini}
      stands_in:
        service: other
        listen: {81: 80}
        files: {./one/other.yml: ./stand-ins/one.yml}
"""
    [one] = read_services(written(tmp_path, more=more), {}).values()
    assert one.extension.optional
    assert one.extension.home
    assert (one.extension.home.path, one.extension.home.holds) == ("/usr/share/one", "conf/one.ini")
    assert one.replaces == {tmp_path / "one/other.yml": tmp_path / "stand-ins/one.yml"}


SECRETS = """
    secrets: [token]
secrets: {token: {environment: ONE_TOKEN}}
"""


def test_a_secret_stands_where_its_file_was(tmp_path: Path) -> None:
    """Only containers have files of secrets: what Grafana would read from one is there already."""
    file = written(tmp_path, "$$__file{/run/secrets/token}", SECRETS)
    [one] = read_services(file, {"ONE_TOKEN": "hush"}).values()
    assert one.environment == {"TOKEN": "hush"}
    with pytest.raises(ConfigError, match=r"\$\{ONE_TOKEN\} must be set: it is the secret token"):
        read_services(file, {})


def test_an_unknown_secret(tmp_path: Path) -> None:
    """A file that Compose would not make is told."""
    file = written(tmp_path, "$$__file{/run/secrets/other}", SECRETS)
    with pytest.raises(ConfigError, match="/run/secrets/other is not among the secrets"):
        read_services(file, {"ONE_TOKEN": "hush"})


def test_ready_without_a_path(tmp_path: Path) -> None:
    """A server that does not speak HTTP is ready when it takes connections."""
    file = written(tmp_path)
    file.write_text(
        file.read_text(encoding="utf-8").replace(", path: /ready", ""), encoding="utf-8"
    )
    [one] = read_services(file, {}).values()
    assert (one.extension.ready.port, one.extension.ready.path) == (80, None)


def test_ports_from_variables(tmp_path: Path) -> None:
    """A port may be a system's own: what is filled in is a number."""
    file = written(tmp_path)
    text = file.read_text(encoding="utf-8").replace("http: 80", 'http: "${PORT:-80}"')
    file.write_text(text, encoding="utf-8")
    [one] = read_services(file, {"PORT": "81"}).values()
    assert one.extension.listen == {"http": 81}


def test_unknown_key(tmp_path: Path) -> None:
    """A word of Compose that our reader would not obey is refused with its line."""
    with pytest.raises(ConfigError, match=r"compose.yaml:14: .*did you mean 'optional'"):
        read_services(written(tmp_path, more="      optinal: true"), {})


def test_no_environment_is_shown(tmp_path: Path) -> None:
    """What a service has in its environment is in no text that is made of it."""
    [one] = read_services(written(tmp_path, "${TOKEN:?}"), {"TOKEN": "hush"}).values()
    assert "hush" not in repr(one)


def test_no_server_starts_with_a_default_password() -> None:
    """By hand Grafana's password must be chosen: our file names none."""
    with pytest.raises(ConfigError, match=r"GRAFANA_ADMIN_PASSWORD.* must be set"):
        read_services(ROOT / "compose" / "compose.yaml", {})
    services = read_services(ROOT / "compose" / "compose.yaml", {"GRAFANA_ADMIN_PASSWORD": "mine"})
    assert services["grafana"].environment["GF_SECURITY_ADMIN_PASSWORD"] == "mine"  # noqa: S105


def test_replaced_files_exist() -> None:
    """Each file that a stand-in replaces is there, and the one that is read instead."""
    services = read_services(ROOT / "compose" / "compose.yaml", {"GRAFANA_ADMIN_PASSWORD": "mine"})
    pairs = [pair for service in services.values() for pair in service.replaces.items()]
    assert pairs
    assert all(old.is_file() and new.is_file() for old, new in pairs)
