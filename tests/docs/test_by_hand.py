"""docs/by-hand.md has the addresses and passwords that compose.yaml and the systems have."""

from __future__ import annotations

import re
from typing import Any

import pytest

from smokestack import yaml_file
from smokestack.stack.compose_file import read_env_file
from tests.docs.pages import ROOT, table

TEXT = (ROOT / "docs" / "by-hand.md").read_text(encoding="utf-8")
COMPOSE: Any = yaml_file.read(ROOT / "compose" / "compose.yaml").data
SERVICES: dict[str, Any] = COMPOSE["services"]
SYSTEMS = {file.parents[1].name: file for file in ROOT.glob("systems/*/stack/.env")}
LOOKED_AT = table(TEXT, "## Where to look")
EVERY_SYSTEM = "all systems"
APPLICATION = ("gateway", "backend", "auth-service", "crm-service")


def published(service: str, variables: dict[str, str]) -> list[str]:
    """The addresses of a service on this machine."""
    found = (
        re.match(r"127\.0\.0\.1:\$\{(\w+):-(\d+)\}", port)
        for port in SERVICES[service].get("ports", [])
    )
    return [f"http://localhost:{variables.get(one[1], one[2])}" for one in found if one]


def addresses(cell: str) -> list[str]:
    """Every address in a cell, without its path."""
    return re.findall(r"<(http://localhost:\d+)[^>]*>", cell)


def test_every_system_has_a_row() -> None:
    """Each that can be started by hand, and no other."""
    assert {re.sub(r"\[(.*)\]\(.*\)", r"\1", row[0]) for row in LOOKED_AT} == set(SYSTEMS)


@pytest.mark.parametrize("row", LOOKED_AT, ids=lambda row: row[1].strip("`"))
def test_addresses_of_a_system(row: list[str]) -> None:
    """Grafana and the application answer where the environment file puts them."""
    system = row[1].strip("`")
    variables = read_env_file(SYSTEMS[system])
    assert addresses(row[2]) == published("grafana", variables)
    here = [name for name in APPLICATION if system in SERVICES[name]["profiles"]]
    assert addresses(row[3]) == [one for name in here for one in published(name, variables)]


@pytest.mark.parametrize("row", table(TEXT, "### The other servers"), ids=lambda row: row[0])
def test_addresses_of_the_other_servers(row: list[str]) -> None:
    """Each address is published by the server whose row it stands in."""
    said = addresses(" ".join(row[1:]))
    assert said
    assert set(said) <= set(published(row[0], {}))


def test_every_published_server_has_an_address() -> None:
    """What nobody looks at by HTTP apart: databases, and an agent that publishes nothing."""
    said = {row[0] for row in table(TEXT, "### The other servers")}
    assert said == set(SERVICES) - {
        *APPLICATION,
        "grafana",
        "postgres",
        "redis",
        "promtail",
        "container-logs",
    }


def test_every_password_is_named() -> None:
    """Each variable that is asked for, with the profiles of the servers that ask."""
    rows = {row[0].strip("`"): row[2] for row in table(TEXT, "## Passwords")}
    asked = {secret["environment"]: name for name, secret in COMPOSE["secrets"].items()}
    assert set(rows) == set(asked) | {"BUGSINK_SECRET_KEY", "BUGSINK_SUPERUSER"}
    for variable, secret in asked.items():
        profiles = {
            profile
            for service in SERVICES.values()
            if secret in service.get("secrets", [])
            for profile in service["profiles"]
        }
        said = set(re.findall(r"`([\w-]+)`", rows[variable]))
        assert said == (set() if rows[variable] == EVERY_SYSTEM else profiles)
