"""A team's own Compose project, proven by the same suites, beside their stack that runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smokestack.stack.engine import Engine
from smokestack.stack.engine_connect import connect
from tests.mutations import project

FOREIGN = Path(__file__).parent / "foreign"
THEIRS = "shop-logs-of-production"
"""The volume that their compose file names; one of that name holds their data."""
SESSION_S = 180.0


@dataclass(frozen=True)
class Ran:
    """What the suites left."""

    exit_code: int
    output: str
    report: dict[str, Any]

    @property
    def verdicts(self) -> dict[str, str]:
        """By check id."""
        return {check["id"]: check["verdict"] for check in self.report["checks"]}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the shop as one more system."""
    root = project.copy(tmp_path_factory.mktemp("foreign") / "project")
    shutil.copytree(FOREIGN, root / "systems" / "shop")
    return root


@pytest.fixture(scope="module")
def talking() -> Iterator[Engine]:
    """The engine."""
    found = connect()
    yield found
    found.close()


@pytest.fixture(scope="module")
def theirs(talking: Engine) -> Iterator[str]:
    """Their stack, as far as it could be in the way: a container and a volume of those names."""
    api = talking.client.api
    created = api.create_container("smokestack/app:0.1.0", ["webhook"], name="shop-api")
    volume = api.create_volume(THEIRS)
    yield created["Id"]
    api.remove_container(created["Id"], force=True)
    api.remove_volume(volume["Name"])


def run(checkout: Path, *arguments: str) -> Ran:
    """`pytest suites/ --stack docker --system shop` in the copy."""
    reports = checkout / "reports"
    command = [sys.executable, "-m", "pytest", "suites/", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--stack=docker", "--system=shop", f"--report-dir={reports}", *arguments],
        cwd=checkout,
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SMOKESTACK"))},
        capture_output=True,
        text=True,
        check=False,
        timeout=SESSION_S,
    )
    text = (reports / "latest" / "run.json").read_text(encoding="utf-8")
    return Ran(done.returncode, done.stdout + done.stderr, json.loads(text))


@pytest.fixture(scope="module")
def ran(checkout: Path, theirs: str) -> Ran:
    """One run of all suites."""
    return run(checkout)


def test_it_is_proven(ran: Ran) -> None:
    """Every check of what the shop has is met; what it lacks is skipped, with the reason."""
    assert ran.exit_code == 0, ran.output
    met = {ident for ident, verdict in ran.verdicts.items() if verdict == "met"}
    assert {"targets.jobs", "metrics.counter-delta", "logs.count", "logs.identity"} <= met
    assert set(ran.verdicts.values()) == {"met", "skipped"}
    assert ran.verdicts["traces.count"] == "skipped"


def test_their_configuration_ran_faster(ran: Ran) -> None:
    """Durations of their own files were divided, in the files alone that this run mounted."""
    changes = {change["key"]: change for change in ran.report["stack"]["changes"]}
    assert changes["global.scrape_interval"]["before"] == "20s"
    assert changes["processors.batch.timeout"]["after"] == "25ms"
    shipped = (FOREIGN / "shop" / "metrics" / "prometheus.yml").read_text(encoding="utf-8")
    assert "20s" in shipped


def test_their_stack_is_left_alone(ran: Ran, theirs: str, talking: Engine) -> None:
    """What carries the names of their own stack was neither used nor removed."""
    assert ran.exit_code == 0
    assert talking.inspect(theirs)["Name"] == "/shop-api"
    assert talking.client.api.inspect_volume(THEIRS)["Name"] == THEIRS


def test_nothing_is_left(ran: Ran, talking: Engine) -> None:
    """No container, network or volume of the run stays."""
    assert talking.labelled(run=ran.report["run_id"]) == []


def test_a_service_that_they_do_not_have(checkout: Path) -> None:
    """A role given to a service that is not there is a usage error that names those that are."""
    file = checkout / "systems" / "shop" / "system.yaml"
    shipped = file.read_text(encoding="utf-8")
    file.write_text(shipped.replace("loki: log-db", "loki: logdb"), encoding="utf-8")
    try:
        done = run(checkout)
    finally:
        file.write_text(shipped, encoding="utf-8")
    assert done.exit_code == 4
    assert "stack.services.loki is 'logdb', which docker-compose.yml has not" in done.output
    assert "api, log-db, metrics-db, prepare, shipper" in done.output
