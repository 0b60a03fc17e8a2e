"""Do the servers stay within what they may use, and does what they store stay bounded?"""

from __future__ import annotations

import pytest

from smokestack.clients import Clients
from smokestack.drive.arrivals import Arrivals
from smokestack.drive.kept_metrics import kept_metrics
from smokestack.drive.sampler import Seen
from smokestack.judge import cardinality, resources, stored
from smokestack.judge.resources import CPU, MEMORY, OPEN_FILES, Pace
from smokestack.results import Judgement
from smokestack.run import Run
from smokestack.stack.backend import Stack
from smokestack.system import Resources, System, given
from smokestack.usage import Used

RECEIVER = "webhook"

pytestmark = pytest.mark.needs("resources")


@pytest.fixture(scope="module")
def promised(system: System) -> Resources:
    """What the system promises of what its servers use."""
    return given(system.resources)


@pytest.fixture(scope="module")
def stored_so_far(alone: None, system: System, usage: Seen, arrivals: Arrivals) -> stored.Stored:
    """What the servers counted before and after the ordinary traffic."""
    has = {"logs": system.logs is not None, "traces": system.traces is not None}
    signals = tuple(name for name, there in has.items() if there)
    ledger = arrivals.sent.ledger
    return stored.Stored(usage.counted, len(ledger), ledger.first_at, signals)


@pytest.mark.check("resources.memory")
def test_memory(
    system: System, promised: Resources, usage: Seen, running: frozenset[str]
) -> Judgement:
    """No server takes more memory than it may."""
    told = resources.documented(promised.measured, ["memory"], usage.used)
    return resources.within_limits(MEMORY, system.server_limits, running, usage.used, told)


@pytest.mark.check("resources.cpu")
def test_cpu(
    system: System,
    promised: Resources,
    stack: Stack,
    used_under_load: dict[str, Used],
    used_before_load: dict[str, Used],
    running: frozenset[str],
) -> Judgement:
    """No server takes more CPU under load than it may."""
    told = [
        *resources.documented(promised.measured, ["cpu_load"], used_under_load),
        *resources.documented(promised.measured, ["cpu_idle"], used_before_load),
    ]
    # The application works by requests and the receiver by notifications, at any pace.
    by_intervals = running - {*system.application.services, RECEIVER}
    pace = Pace(stack.factor, by_intervals)
    return resources.within_limits(CPU, system.server_limits, running, used_under_load, told, pace)


@pytest.mark.check("resources.open-files")
def test_open_files(system: System, usage: Seen, running: frozenset[str]) -> Judgement:
    """No server has more files and connections open than it may."""
    return resources.within_limits(OPEN_FILES, system.server_limits, running, usage.used)


@pytest.mark.check("resources.idle-cpu")
def test_idle_cpu(
    promised: Resources, idle_usage: dict[str, Used], running: frozenset[str]
) -> Judgement:
    """The stack takes next to nothing while nobody asks for anything."""
    return resources.idle(given(promised.idle), running, idle_usage)


@pytest.mark.check("resources.bytes-per-request")
def test_bytes_per_request(promised: Resources, stored_so_far: stored.Stored) -> Judgement:
    """A request adds no more to what is stored than its budget."""
    return stored.bytes_per_request(promised.per_request, stored_so_far)


@pytest.mark.check("resources.projected-disk")
def test_projected_disk(
    system: System,
    promised: Resources,
    stack: Stack,
    clients: Clients,
    usage: Seen,
    stored_so_far: stored.Stored,
) -> Judgement:
    """What must be kept fits where it is kept."""
    evaluation_s = stack.timings.evaluation_s * stack.factor
    kept = kept_metrics(system, clients.prometheus, evaluation_s)
    return stored.projected_disk(promised.disk, kept, stored_so_far, usage.used)


@pytest.mark.check("resources.cardinality")
def test_cardinality(
    alone: None, system: System, run: Run, arrivals: Arrivals, usage: Seen
) -> Judgement:
    """Values that no two requests share do not become labels."""
    seen, evidence = run.distinct_traffic().seen()
    return cardinality.cardinality(seen, system.server_limits, usage.counted[-1], evidence)
