"""Are the containers held to their limits, measured, alive, and is what they write shipped?"""

from __future__ import annotations

from collections.abc import Collection

import pytest

from smokestack.drive.container_output import await_shipped, moment
from smokestack.judge import containers as judge
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.loki import Loki
from smokestack.observe.prometheus import Prometheus
from smokestack.results import Evidence, Judgement
from smokestack.samples import Container, Output
from smokestack.stack.backend import Stack
from smokestack.system import System, given
from smokestack.wait import Waited, until

pytestmark = pytest.mark.needs("containers")


@pytest.fixture(scope="module")
def containers(stack: Stack) -> tuple[Container, ...]:
    """The containers of the stack."""
    found = stack.containers()
    if found is None:
        pytest.skip("the servers of this stack do not run in containers of ours")
    return found


@pytest.mark.check("containers.limits")
def test_limits(system: System, containers: tuple[Container, ...]) -> Judgement:
    """The engine holds each container to the limits that system.yaml gives it."""
    return judge.limits(given(system.containers).limits, containers)


@pytest.mark.check("containers.metrics")
def test_metrics(
    system: System,
    stack: Stack,
    containers: tuple[Container, ...],
    prometheus: Prometheus,
    deadlines: Deadlines,
) -> Judgement:
    """CAdvisor measures each container, and Prometheus has it."""
    if why := stack.absent.get("cadvisor"):
        pytest.skip(f"this stack runs without cadvisor: {why}")
    if not given(system.containers).families:
        pytest.skip("this system names no families of container metrics")
    names = {one.service for one in containers}
    found: dict[str, Waited[Collection[str]]] = {}
    asked = []
    for family in given(system.containers).families:
        query = (
            f"count by ({judge.SERVICE_LABEL}) "
            f'({family}{{{judge.PROJECT_LABEL}="{containers[0].project}"}})'
        )

        def measured(query: str = query) -> Collection[str]:
            return {one.labels.get(judge.SERVICE_LABEL, "") for one in prometheus.instant(query)}

        waited = until(
            measured,
            lambda seen: names <= set(seen),
            within_s=deadlines.timings.containers_s,
            what=f"{family} of each container",
        )
        seen = ", ".join(sorted(waited.value or ())) or "nothing"
        found[family] = waited
        asked.append(
            Evidence("metrics", query, seen, ", ".join(sorted(names)), prometheus.repeat(query))
        )
    return judge.metrics(names, found, asked)


@pytest.mark.check("containers.output")
@pytest.mark.needs("logs")
@pytest.mark.usefixtures("ledger")  # without traffic the application writes nothing
def test_output(
    system: System,
    stack: Stack,
    containers: tuple[Container, ...],
    loki: Loki,
    deadlines: Deadlines,
) -> Judgement:
    """Each line that a container writes to stdout or stderr is in Loki, once."""
    named = given(system.containers).output
    if named is None:
        pytest.skip("this system names no containers whose output is shipped")
    if why := stack.absent.get("container-logs"):
        pytest.skip(f"this stack runs without container-logs: {why}")
    passed = moment()
    written = {name: stack.output(name, passed) or Output(0) for name in named.services}
    project = containers[0].project
    selectors = {
        name: f'{{{named.project_label}="{project}", {named.service_label}="{name}"}}'
        for name in named.services
    }
    shipped = await_shipped(loki, written, selectors, passed, deadlines.logs_s)
    return judge.output(written, shipped.waited, shipped.asked)


@pytest.mark.check("containers.steady")
def test_steady(containers: tuple[Container, ...], stack: Stack) -> Judgement:
    """No container ended during the run, was restarted, or was killed for memory."""
    return judge.steady(stack.containers() or containers)
