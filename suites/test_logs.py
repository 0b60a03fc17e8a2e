"""Did every access event arrive once, whole, on time and in order?"""

from __future__ import annotations

from collections.abc import Collection

import pytest

from smokestack.drive.arrivals import Logs
from smokestack.drive.host_logs import ship
from smokestack.drive.recent import Recent
from smokestack.judge import logs
from smokestack.judge.conclude import skipped
from smokestack.judge.counting import expected_counts
from smokestack.observe.loki import Loki
from smokestack.results import Evidence, Judgement
from smokestack.run import Run
from smokestack.samples import Ledger, LogLine
from smokestack.stack.backend import Stack
from smokestack.system import System, given

pytestmark = pytest.mark.needs("logs")


@pytest.fixture(scope="module")
def counted(loki: Loki, seen_logs: Logs, ledger: Ledger) -> Evidence:
    """The one query that counting takes."""
    number = sum(one.value for one in seen_logs.counted)
    wanted = f"{len(ledger)} requests x declared copies"
    return Evidence(
        "count", seen_logs.query, f"{number:g} events", wanted, loki.repeat(seen_logs.query)
    )


@pytest.fixture(scope="module")
def read(run: Run, request: pytest.FixtureRequest) -> Evidence:
    """The pages that identity takes; what a sample took where nothing was sent."""
    if run.no_traffic:
        recent: Recent = request.getfixturevalue("recent")
        return recent.asked
    loki: Loki = request.getfixturevalue("loki")
    ledger: Ledger = request.getfixturevalue("ledger")
    seen_logs: Logs = request.getfixturevalue("seen_logs")
    repeat = loki.repeat_lines(seen_logs.selector, ledger.first_at - 60, ledger.last_at + 60)
    shown = f"{len(seen_logs.lines)} lines"
    return Evidence("lines", seen_logs.selector, shown, "each event once", repeat)


@pytest.mark.check("logs.count")
def test_count(
    run: Run, system: System, ledger: Ledger, seen_logs: Logs, counted: Evidence
) -> Judgement:
    """Log events equal the ledger times the declared copies."""
    judgement = logs.count(system, ledger, seen_logs.counted, seen_logs.waited, counted)
    return run.losses.explained(judgement, "logs", lacking=_lacking(system, ledger, seen_logs))


def _lacking(system: System, ledger: Ledger, seen: Logs) -> bool:
    """Whether fewer events were counted than there must be."""
    number = sum(one.value for one in seen.counted)
    return number < expected_counts(system, ledger, "logs").total


@pytest.mark.check("logs.identity")
def test_identity(
    run: Run, system: System, ledger: Ledger, seen_logs: Logs, read: Evidence
) -> Judgement:
    """No event is lost, none is doubled."""
    judgement = logs.identity(system, ledger, seen_logs.lines, read)
    return run.losses.explained(judgement, "logs", lacking=_lacking(system, ledger, seen_logs))


@pytest.mark.check("logs.error-event")
def test_error_event(
    run: Run, system: System, ledger: Ledger, seen_logs: Logs, read: Evidence
) -> Judgement:
    """The error endpoint's ERROR arrives, once per request."""
    route = given(system.logs).error.route
    if run.no_load and not any(request.route == route for request in ledger.requests):
        return skipped(f"{route} was not asked: {run.no_load}")
    return logs.error_event(system, ledger, seen_logs.lines, read)


@pytest.mark.check("logs.fields")
def test_fields(
    system: System, requests_seen: Ledger, lines_seen: Collection[LogLine], read: Evidence
) -> Judgement:
    """Events have their fields and labels, and say what the ledger says."""
    return logs.fields(system, requests_seen, lines_seen, read)


@pytest.mark.check("logs.timestamps")
def test_timestamps(system: System, ledger: Ledger, seen_logs: Logs, read: Evidence) -> Judgement:
    """Timestamps lie within their requests."""
    return logs.timestamps(system, ledger, seen_logs.lines, read)


@pytest.mark.check("logs.order")
def test_order(system: System, seen_logs: Logs, read: Evidence) -> Judgement:
    """Each service's lines come back in the order in which they were written."""
    return logs.order(system, seen_logs.lines, read)


@pytest.mark.check("logs.host")
def test_host(run: Run, system: System, request: pytest.FixtureRequest) -> Judgement:
    """A line of a log file of the host arrives once, apart from the application's lines."""
    promised = given(system.logs).host
    if promised is None:  # before anything is started for it
        pytest.skip("this system has no logs of the host")
    stack: Stack = request.getfixturevalue("stack")
    if stack.host_logs is None:
        pytest.skip("this stack reads log files of the machine itself: nothing is written to those")
    loki: Loki = request.getfixturevalue("loki")
    seen = ship(loki, given(system.logs), stack.host_logs, run.run_id, run.deadlines)
    return logs.host(
        seen.file, promised.file_label, seen.lines, seen.strays, seen.waited, seen.asked
    )
