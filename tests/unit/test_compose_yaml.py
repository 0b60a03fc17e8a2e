"""compose.yaml keeps what it promises to whoever starts it by hand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from smokestack import yaml_file
from smokestack.stack.compose_file import Service, read_env_file, read_services
from smokestack.stack.passwords import passwords

ROOT = Path(__file__).parents[2]
FILE = ROOT / "compose" / "compose.yaml"
TEXT = FILE.read_text(encoding="utf-8")
DATA: Any = yaml_file.read(FILE).data
SERVICES: dict[str, Any] = DATA["services"]
SYSTEMS = {"reference", "nexo-crm", "clientforge", "social-selling", "intelliflow"}
OPTIONAL = {"promtail", "jaeger", "error-tracker"}
HERE = sorted(file.parents[1].name for file in ROOT.glob("systems/*/stack/.env"))

PINNED = re.compile(r"[a-z0-9./_-]+:v?\d+\.\d+\.\d+(-[a-z]+)?")
TWO_PARTS = re.compile(r"postgres:\d+\.\d+")
"""PostgreSQL's whole version."""
SECRET = re.compile(r"PASS|PASSWORD|SECRET|SUPERUSER|TOKEN")
EMPTY_DEFAULT = re.compile(r"\$\{\w+:-\}")

each_service = pytest.mark.parametrize("name", SERVICES)


def environment_of(system: str) -> dict[str, str]:
    """What fills in the variables for a system."""
    env = read_env_file(ROOT / "systems" / system / "stack" / ".env")
    return {**passwords(), **env, "SYSTEM": system}


def services_of(system: str) -> list[Service]:
    """The services of a system's profile, as its environment file has them."""
    every = read_services(FILE, environment_of(system)).values()
    return [service for service in every if system in service.profiles]


@each_service
def test_image_is_pinned(name: str) -> None:
    """By its whole version: the same image tomorrow as today."""
    image = SERVICES[name]["image"]
    assert PINNED.fullmatch(image) or TWO_PARTS.fullmatch(image), image


@each_service
def test_limits(name: str) -> None:
    """CPU and memory are limited, and a system's environment file can say otherwise."""
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory"}
    assert re.fullmatch(r"\$\{\w+_CPUS:-\d+\.\d+\}", limits["cpus"])
    assert re.fullmatch(r"\$\{\w+_MEMORY:-\d+[MG]\}", limits["memory"])


@each_service
def test_restarts_on_its_own_network_without_new_rights(name: str) -> None:
    """What every server has in common."""
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["networks"] == ["observability"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"]["max-size"]


@each_service
def test_nothing_of_the_host_is_taken(name: str) -> None:
    """No name that would clash, no right that opens the host, no namespace of its."""
    forbidden = {"container_name", "privileged", "network_mode", "pid", "ipc", "cap_add", "devices"}
    assert not forbidden & SERVICES[name].keys()


@each_service
def test_health_check_or_why_not(name: str) -> None:
    """Where an image can run none, the comment above its service says so."""
    above = re.search(rf"((?:  #.*\n)*)  {name}:\n", TEXT)
    assert above
    assert ("No health check" in above[1].replace("\n  # ", " ")) != (
        "healthcheck" in SERVICES[name]
    )


@each_service
def test_ports_are_published_on_loopback_alone(name: str) -> None:
    """Each can be moved by a variable, and is one that the server is declared to listen on."""
    listen = {str(port) for port in SERVICES[name]["x-smokestack"]["listen"].values()}
    for port in SERVICES[name].get("ports", []):
        found = re.fullmatch(r"127\.0\.0\.1:\$\{\w+:-\d+\}:(.+)", port)
        assert found, port
        assert found[1] in listen


@each_service
def test_readiness_is_asked_where_it_listens(name: str) -> None:
    """The port of `ready` is a declared one."""
    extension = SERVICES[name]["x-smokestack"]
    assert extension["ready"]["port"] in extension["listen"].values()


@each_service
def test_no_password_stands_in_the_file(name: str) -> None:
    """A variable without a default, or the file of a secret."""
    service = SERVICES[name]
    for key, value in service.get("environment", {}).items():
        if SECRET.search(key):
            assert EMPTY_DEFAULT.fullmatch(value) or "/run/secrets/" in value, key
    named = set(re.findall(r"/run/secrets/([\w-]+)", str(service)))
    named |= set(re.findall(r"/run/secrets/([\w-]+)", _files_of(service)))
    assert named == set(service.get("secrets", []))


def _files_of(service: Any) -> str:
    """The text of our files that a service is given, but for its configuration."""
    sources = [volume.split(":")[0] for volume in service.get("volumes", [])]
    files = [FILE.parent / source for source in sources if source.startswith("./")]
    return "".join(file.read_text(encoding="utf-8") for file in files if file.suffix == ".sh")


def test_secrets_come_from_the_environment() -> None:
    """Compose asks for them when a server that needs one is started; each is used."""
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert set(DATA["secrets"]) == used
    for name, secret in DATA["secrets"].items():
        assert secret == {"environment": name.replace("-", "_").upper()}


def test_networks_and_volumes_are_the_projects() -> None:
    """No fixed subnet and no name that two projects would share."""
    assert DATA["networks"] == {"observability": {}}
    assert all(volume == {} for volume in DATA["volumes"].values())
    mounted = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith((".", "/", "$"))
    }
    assert mounted == set(DATA["volumes"])


def test_profiles() -> None:
    """Systems and what is there only when asked for; nothing starts without a profile."""
    profiles = {profile for service in SERVICES.values() for profile in service["profiles"]}
    assert profiles == SYSTEMS | OPTIONAL
    assert set(HERE) <= SYSTEMS
    assert all(service["profiles"] for service in SERVICES.values())


@pytest.mark.parametrize("system", HERE)
def test_every_file_of_a_system_is_there(system: str) -> None:
    """Else the engine would put an empty folder in its place."""
    sources = [
        Path(mount.source)
        for service in services_of(system)
        for mount in service.mounts
        if not mount.is_volume and Path(mount.source).is_relative_to(ROOT)
    ]
    assert len(sources) > 3
    assert [source for source in sources if not source.exists()] == []


@pytest.mark.parametrize("system", HERE)
def test_no_two_servers_of_a_system_publish_the_same_port(system: str) -> None:
    """By hand all ports of a profile are taken at once."""
    variables = environment_of(system)
    chosen = [SERVICES[service.name].get("ports", []) for service in services_of(system)]
    found = [re.match(r"127\.0\.0\.1:\$\{(\w+):-(\d+)\}", p) for ports in chosen for p in ports]
    numbers = [variables.get(one[1], one[2]) for one in found if one]
    assert len(numbers) == len(set(numbers))


@pytest.fixture(scope="module")
def compose_plugin() -> tuple[str, ...]:
    """`docker compose`, where this machine has it: it needs no engine to read a file."""
    docker = shutil.which("docker") or pytest.skip("no docker on this machine")
    command = (docker, "compose")
    if subprocess.run([*command, "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose plugin on this machine")
    return command


def refused(compose_plugin: tuple[str, ...], *arguments: str) -> str:
    """What Compose says against a file and profile, with no variable of ours set."""
    done = subprocess.run(
        [*compose_plugin, *arguments, "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
    )
    return done.stderr or ("it failed" if done.returncode else "")


@pytest.mark.parametrize("profile", sorted(SYSTEMS | OPTIONAL))
def test_compose_takes_every_profile(compose_plugin: tuple[str, ...], profile: str) -> None:
    """No variable needs to be set but to start: not to look, and not to end."""
    assert refused(compose_plugin, "--file", str(FILE), "--profile", profile) == ""


@pytest.mark.parametrize("system", HERE)
def test_compose_takes_every_environment_file(compose_plugin: tuple[str, ...], system: str) -> None:
    """As docs/by-hand.md has the command."""
    env = str(ROOT / "systems" / system / "stack" / ".env")
    arguments = ("--env-file", env, "--file", str(FILE), "--profile", system)
    assert refused(compose_plugin, *arguments) == ""


def test_compose_takes_jaeger_in_tempos_place(compose_plugin: tuple[str, ...]) -> None:
    """The file that docs/by-hand.md puts beside compose.yaml for that."""
    files = ("--file", str(FILE), "--file", str(FILE.with_name("with-jaeger.yaml")))
    profiles = ("--profile", "reference", "--profile", "jaeger")
    assert refused(compose_plugin, *files, *profiles) == ""


def test_compose_takes_receivers_for_people(compose_plugin: tuple[str, ...]) -> None:
    """The file that docs/receivers.md puts beside compose.yaml, once its secrets are there."""
    files = ("--file", str(FILE), "--file", str(FILE.with_name("with-receivers.yaml")))
    assert refused(compose_plugin, *files, "--profile", "reference") == ""


def test_receivers_read_the_secrets_that_they_are_given() -> None:
    """Each file that receivers.yml reads is a secret of with-receivers.yaml, and no other is."""
    given: Any = yaml_file.read(FILE.with_name("with-receivers.yaml")).data
    receivers = (FILE.parent / "alertmanager/receivers.yml").read_text(encoding="utf-8")
    read = set(re.findall(r"_file: /run/secrets/([\w-]+)", receivers))
    assert read == set(given["secrets"]) == set(given["services"]["alertmanager"]["secrets"])
    for name, secret in given["secrets"].items():
        assert secret == {"environment": name.replace("-", "_").upper()}
    rest = re.sub(r"_file: /run/secrets/\S+", "", receivers)
    assert not re.search(r"(password|key|api_url|[^_]url)(_file)?: ", rest)
