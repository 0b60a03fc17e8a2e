"""Do the servers run with what was promised, as they themselves say, and take what is new?"""

from __future__ import annotations

import pytest

from smokestack.clients import Clients
from smokestack.configuration import Retention
from smokestack.drive.arrivals import Arrivals, Metrics
from smokestack.drive.log_backups import read_back
from smokestack.drive.queries import counter_selector
from smokestack.drive.reloading import reloads
from smokestack.drive.snapshots import take
from smokestack.judge import configuration as judge
from smokestack.judge.deadlines import Deadlines
from smokestack.observe import own_settings
from smokestack.observe.administration import CONFIG, RELOAD, RUNTIME, SNAPSHOT, Administration
from smokestack.observe.edge import Edge
from smokestack.observe.loki import Loki
from smokestack.results import Evidence, Judgement
from smokestack.run import Run
from smokestack.samples import Ledger
from smokestack.stack.backend import Stack
from smokestack.system import Configuration, System, given
from smokestack.system.configuration import Kept

pytestmark = pytest.mark.needs("configuration")


@pytest.fixture(scope="module")
def promised(system: System) -> Configuration:
    """What the system promises of its configuration."""
    return given(system.configuration)


@pytest.fixture(scope="module")
def administration(clients: Clients) -> Administration:
    """Prometheus' status and administration APIs."""
    return Administration(clients.prometheus.edge)


@pytest.mark.check("configuration.retention")
@pytest.mark.parametrize("kept", ["metrics", "logs", "traces"])
def test_retention(promised: Configuration, kept: Kept, run: Run, clients: Clients) -> Judgement:
    """Each server keeps what it has as long as promised."""
    if kept != "metrics" and (why := run.lacks(kept)):
        pytest.skip(why)
    wanted = promised.retention.of(kept)
    if wanted is None:
        pytest.skip(f"this system has no promise of how long {kept} are kept")
    edge, path, seen = _retention(kept, clients)
    return judge.retention(wanted, seen, path, edge.repeat(path))


def _retention(kept: Kept, clients: Clients) -> tuple[Edge, str, Retention]:
    """Who was asked, where, and what it said."""
    if kept == "metrics":
        edge = clients.prometheus.edge
        return edge, RUNTIME, Administration(edge).retention()
    if kept == "logs":
        edge = clients.loki.edge
        return edge, own_settings.LOKI_CONFIG, own_settings.loki_retention(edge)
    store = clients.traces
    if store.name != "tempo":
        pytest.skip(f"{store.name} stands in for tempo: it keeps a number of traces, not a time")
    return store.edge, own_settings.TEMPO_CONFIG, own_settings.tempo_retention(store.edge)


@pytest.mark.check("configuration.schema")
def test_schema(promised: Configuration, clients: Clients) -> Judgement:
    """Loki stores what comes today by the promised schema."""
    if promised.log_schema is None:
        pytest.skip("this system has no promise of how logs are stored")
    edge, path = clients.loki.edge, own_settings.LOKI_CONFIG
    return judge.schema(
        promised.log_schema, own_settings.loki_schema(edge), path, edge.repeat(path)
    )


@pytest.mark.check("configuration.intervals")
def test_intervals(
    promised: Configuration, stack: Stack, administration: Administration
) -> Judgement:
    """Prometheus has loaded the promised intervals."""
    if promised.intervals is None:
        pytest.skip("this system has no promise of general intervals")
    repeat = administration.edge.repeat(CONFIG)
    return judge.intervals(
        promised.intervals, administration.intervals(), stack.factor, CONFIG, repeat
    )


@pytest.mark.check("configuration.reload")
@pytest.mark.usefixtures("ours")
def test_reload(
    promised: Configuration, stack: Stack, administration: Administration, deadlines: Deadlines
) -> Judgement:
    """Prometheus takes a new configuration without a restart, and refuses a broken one."""
    if not promised.reload:
        pytest.skip("this system has no promise of reloading")
    seen = reloads(administration, stack.config_files("prometheus")[0], deadlines.reloaded_s)
    states = {"before": seen.before, "with one more job": seen.changed,
              "with a broken one": seen.broken, "put back": seen.restored}  # fmt: skip
    evidence = [
        Evidence(
            when,
            f"POST {RELOAD}",
            f"{len(one.jobs)} jobs, loaded at {one.at:.3f}, successful: {one.successful}, "
            f"process started at {one.started_at:.3f}",
            "no restart, each reload told of",
            f"curl -s -X POST {administration.edge.endpoint.url}{RELOAD}",
        )
        for when, one in states.items()
        if one is not None
    ]
    return judge.reload(seen, evidence)


@pytest.mark.check("configuration.snapshot")
@pytest.mark.usefixtures("ours")
def test_snapshot(
    promised: Configuration, system: System, request: pytest.FixtureRequest
) -> Judgement:
    """A snapshot of Prometheus' data, read back elsewhere, has every request of the run."""
    if not promised.snapshot:  # before anything is sent for it
        pytest.skip("this system has no snapshots of its metrics")
    stack: Stack = request.getfixturevalue("stack")
    ledger: Ledger = request.getfixturevalue("ledger")
    prometheus: Administration = request.getfixturevalue("administration")
    seen_metrics: Metrics = request.getfixturevalue("seen_metrics")
    selector = counter_selector(system)
    seen = take(
        prometheus,
        selector,
        lambda path, place: stack.fetch("prometheus", path, place),
        lambda tool, arguments, place: stack.run_tool("prometheus", [tool, *arguments], place),
        stack.folder / "snapshot",
    )
    evidence = Evidence(
        "snapshot",
        f"promtool tsdb dump --match='{selector}'",
        f"{len(seen.samples)} samples in {seen.size} bytes",
        f"{len(seen_metrics.samples)} samples and more, of {len(ledger)} requests",
        f"curl -s -X POST {prometheus.edge.endpoint.url}{SNAPSHOT}",
    )
    return judge.snapshot(system, ledger, seen, evidence)


@pytest.mark.check("configuration.log-backup")
@pytest.mark.usefixtures("ours")
def test_log_backup(
    promised: Configuration, system: System, run: Run, request: pytest.FixtureRequest
) -> Judgement:
    """A copy of Loki's data, read by a second Loki, has every request of the run."""
    if not promised.log_backup:  # before anything is sent for it
        pytest.skip("this system has no backups of its logs")
    stack: Stack = request.getfixturevalue("stack")
    arrivals: Arrivals = request.getfixturevalue("arrivals")
    ledger = arrivals.sent.ledger
    arrivals.logs.result()  # all of them are there
    with stack.restored("loki") as endpoint:
        second = Edge(endpoint, calls=run.clients.calls)
        try:
            seen = read_back(Loki(second), system, arrivals.sent, run.settings.start_timeout_s)
        finally:
            second.close()
    evidence = Evidence(
        "count",
        seen.query,
        f"{sum(one.value for one in seen.counted):g} events in a copy of the data",
        f"{len(ledger)} requests x declared copies",
    )
    return judge.log_backup(system, ledger, seen.ready, seen.counted, evidence)


@pytest.mark.check("configuration.log-rotation")
@pytest.mark.usefixtures("ours")
def test_log_rotation(promised: Configuration, stack: Stack) -> Judgement:
    """The engine cuts what containers write at the promised size."""
    if promised.log_rotation is None:
        pytest.skip("this system has no promise of how containers' logs are rotated")
    containers = stack.containers()
    if containers is None:
        pytest.skip("the servers of this stack do not run in containers of ours")
    return judge.log_rotation(promised.log_rotation, containers)
