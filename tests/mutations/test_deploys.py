"""What a run says after a deploy: each regression is named, nothing else is."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from smokestack.stack.native import NativeStack
from smokestack.wait import pause, until
from tests.mutations import project
from tests.mutations.deploys import FAILING, MUTATIONS, SAME, SUITES, WINDOW_S, WORSE, Deployed
from tests.mutations.project import ATTEMPTS, Outcome
from tests.stack.real_stack import plan, started

VISITORS = Path(__file__).with_name("visitors.py")
READY_S = 30.0
SERVICES = ("gateway", "backend")
"""In the order in which they are stopped: nobody is let in while the backend is away."""


@dataclass(frozen=True)
class Staging:
    """A running stack, and the file that says where its servers answer."""

    stack: NativeStack
    file: Path
    folder: Path

    def deploy(self, one: Deployed) -> float:
        """Run a version in place of the one before; when it was there, in seconds since 1970."""
        if one.restarts:
            for service in SERVICES:
                self.stack.stop(service)
            for service in reversed(SERVICES):
                self._start(service, one.version)
        if one.faults:
            url = self.stack.endpoints()["gateway"].url
            httpx.patch(f"{url}/-/faults", json=one.faults, trust_env=False).raise_for_status()
        return time.time()

    def _start(self, service: str, version: str) -> None:
        rendered = self.stack.blueprint.rendered[service]
        environment = {**rendered.environment, "APP_VERSION": version}
        self.stack._spawn(service, replace(rendered, environment=environment))
        self.stack._stopped.discard(service)
        assert until(lambda: self._ready(service), within_s=READY_S).met

    def _ready(self, service: str) -> bool:
        try:
            url = self.stack.endpoints()[service].url
            return httpx.get(f"{url}/-/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def asked(self, name: str, *options: str) -> Outcome:
        """What the suite says of it."""
        return project.run_on(self.file, SUITES, self.folder / name, options)


@contextmanager
def visited(url: str) -> Iterator[None]:
    """Visitors come meanwhile."""
    visitors = subprocess.Popen([sys.executable, str(VISITORS), url])
    try:
        yield
    finally:
        visitors.kill()
        visitors.wait()


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    """A stack with visitors."""
    folder = tmp_path_factory.mktemp("staging")
    with started(plan(folder / "keep")) as stack:
        where = stack.endpoints()
        servers = [f"  {one}: {{url: '{where[one].url}'}}" for one in ("prometheus", "loki")]
        file = folder / "staging.yaml"
        lines = ["system: reference", "limits: {rate: 50}", "endpoints:", *servers, ""]
        file.write_text("\n".join(lines), encoding="utf-8")
        with visited(where["gateway"].url):
            yield Staging(stack, file, folder)


@pytest.fixture(scope="module")
def after(staging: Staging) -> Mapping[str, Outcome]:
    """What is said after each deploy, one after another, once it has been there for a while."""
    window = f"--window={WINDOW_S}s"
    pause(WINDOW_S)  # the visitors of the first version
    staging.deploy(SAME)
    waiting = f"--wait-version=version={SAME.version}"
    found = {SAME.name: staging.asked("same", waiting, window)}
    for one in MUTATIONS:
        for _ in range(ATTEMPTS):
            at = staging.deploy(one)
            found[one.name] = staging.asked(f"{one.version}-{at:.0f}", f"--since={at:.3f}", window)
            if not found[one.name].too_busy:
                break
            staging.deploy(replace(SAME, version=one.version))
            pause(WINDOW_S)
    return found


def test_of_the_same_version_nothing_is_said(after: Mapping[str, Outcome]) -> None:
    """Met, or too little to tell; when it was deployed is found in the metric of its version."""
    outcome = after[SAME.name]
    assert outcome.exit_code in (0, 6), outcome.output
    assert set(outcome.verdicts.values()) <= {"met", "unmeasured"}, outcome.output
    assert list(outcome.verdicts.values()).count("met") >= 4, outcome.output
    assert "all targets report version=2 (allowed 600.0 s, took " in outcome.output


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda one: one.name)
def test_each_regression_is_named_and_nothing_else(
    one: Deployed, after: Mapping[str, Outcome]
) -> None:
    """Those checks are missed that must be, and say why; no other is."""
    outcome = after[one.name]
    missed = {check for check, verdict in outcome.verdicts.items() if verdict == "missed"}
    assert missed - one.either == one.aims, outcome.output
    assert outcome.exit_code == 1
    for check, words in one.says.items():
        for text in words:
            assert text in outcome.said[check], outcome.said[check]


def test_only_what_was_deployed_worse_is_named(after: Mapping[str, Outcome]) -> None:
    """The backend is as it was: no finding is about it; and one metric is gone, no other."""
    said = after[WORSE.name].said
    assert "backend: " not in "".join(said[check] for check in WORSE.aims)
    assert said["deploy.series"].splitlines()[0] == "gateway: queue_depth vanished"
    assert after[FAILING.name].verdicts["deploy.latency"] != "missed"


def test_a_version_that_does_not_come_is_said(staging: Staging) -> None:
    """Nothing is found out then: exit code 6, with which target reports what."""
    outcome = staging.asked("never", "--wait-version=version=9", "--wait-timeout=1s")
    assert outcome.exit_code == 6
    assert set(outcome.verdicts.values()) == {"unmeasured"}
    said = outcome.said["deploy.error-rate"]
    assert "after 1 s (--wait-timeout) not every target of the application reports version=9" in (
        said
    )
    assert "backend:8001 reports 3; gateway:8000 reports 3" in said
