"""The pytest plugin: options, checks as values, verdicts as outcomes and exit codes. Wiring only.

A test marked `@pytest.mark.check("metrics.counter-delta")` returns a `Judgement`; here, at the
pytest edge, it becomes an outcome. Inert in a session that has no such test.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator
from typing import Any

import pytest

from smokestack import options, session_live, session_plan, workers
from smokestack.drive import sources
from smokestack.errors import NotOffered, UsageError
from smokestack.items import (
    check_id,
    needs,
    result_of,
    suite_of,
    takes_the_run,
)
from smokestack.outcomes import JUDGEMENT, exit_code, judgement_of, unless_dead
from smokestack.report import stored
from smokestack.report.compare import Comparison, compare
from smokestack.report.events import EventStream, finished
from smokestack.results import EXIT_MISSED, EXIT_USAGE, Judgement, RunResult, Verdict
from smokestack.run import Run
from smokestack.session_plan import PLANNED, RUN
from smokestack.session_report import begin_events, end_events, show
from smokestack.session_report import write as write_report
from smokestack.stack.choice import require_possible
from smokestack.system import PARTS

RESULT = pytest.StashKey[RunResult]()
EVENTS = pytest.StashKey[EventStream | None]()
BASELINE = pytest.StashKey[RunResult]()
BESIDE = pytest.StashKey[Comparison]()
RED = (Verdict.MISSED, Verdict.UNMEASURED)

STARTED = pytest.StashKey[float]()

ORDER = (
    "targets", "deploy", "metrics", "push", "logs", "traces", "correlation", "latency",
    "collector", "slo", "grafana", "dashboards", "queries", "configuration", "resources",
    "alerts", "latency_alerts", "notifications", "load", "containers", "latency_health",
    "overhead",
)  # fmt: skip
"""Suites in the order in which their findings explain each other; alerts take longest. Last comes
what needs the machine for itself.
"""


class CheckNotMet(Exception):
    """Carries a judgement that is not met to pytest's report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run; each has an environment variable too."""
    group = parser.getgroup("smokestack", "prove that an observability stack works")
    for option in options.OPTIONS:
        group.addoption(option.flag, **option.arguments)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that makes a test a check."""
    config.addinivalue_line("markers", "check(id): the test returns a Judgement on this check")
    parts = ", ".join(PARTS)
    config.addinivalue_line("markers", f"needs(part): skipped where the system has none: {parts}")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Read the options of pytest-xdist before or after it did."""
    workers.keep_in_one(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say that `-n` was heard."""
    return workers.header(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Read the system, which names the alerts and SLOs that checks are made for. What is wrong
    with it is said once it is known that there are checks.
    """
    session_plan.plan(session.config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the run up, and order the suites, if there are checks."""
    if not any(check_id(item) or takes_the_run(item) for item in items) or workers.is_one(config):
        return
    planned = config.stash[PLANNED]
    try:
        if isinstance(planned, UsageError):
            raise planned
        options.require_writable(planned.settings.report_dir)
        if planned.settings.baseline:
            config.stash[BASELINE] = stored.read(planned.settings.baseline)
        if not config.getoption("collectonly"):
            require_possible(planned.settings.stack)
            planned.remote = planned.remote and sources.found_or_later(planned.remote)
        if any("provisioned" in getattr(item, "fixturenames", ()) for item in items):
            planned.require_readable_dashboards()
        if any((check_id(item) or "").startswith("alerts.") for item in items):
            planned.shipped.require_sound_alerts()
        if not config.getoption("collectonly"):
            checks = sum(check_id(item) is not None for item in items)
            config.stash[EVENTS] = begin_events(planned, checks)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    if not config.getoption("collectonly"):
        config.stash[RUN] = planned
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    suite = suite_of(item)
    return ORDER.index(suite) if suite in ORDER else ORDER.index("alerts")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart() -> None:
    """Pytest runs no teardown on SIGTERM; as an interrupt it does, and the stack is ended."""
    global _interrupted  # noqa: PLW0603 - an earlier session of this process has nothing to say
    _interrupted = None
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt("SIGTERM")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Show what the run is at, where pytest's output is one's own to add to."""
    if RUN in session.config.stash:
        session_live.begin(session.config)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Call a check and keep the judgement that it returns."""
    if not check_id(pyfuncitem):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 - as pytest's own implementation does
    try:
        judgement = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted})
    except NotOffered as lacking:
        pytest.skip(lacking.message)
    if not isinstance(judgement, Judgement):
        raise TypeError(f"a check returns a Judgement, {pyfuncitem.name} returned {judgement!r}")
    pyfuncitem.stash[JUDGEMENT] = judgement
    if judgement.verdict is Verdict.SKIPPED:
        pytest.skip(judgement.summary)
    if judgement.verdict is not Verdict.MET:
        raise CheckNotMet(judgement.summary)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note when a check began, and skip what is about a part that the system lacks, before
    anything is started for it.
    """
    item.stash[STARTED] = time.monotonic()
    if workers.is_one(item.config) and (check_id(item) or takes_the_run(item)):
        pytest.fail(workers.REFUSED, pytrace=False)
    run = item.config.stash.get(RUN, None)
    if run:
        run.clock.look()
        run.machine.look()
    session_live.at(item.config, check_id(item) or item.name)
    lacking = [run.lacks(part) for part in needs(item)] if run else []
    for reason in filter(None, lacking):
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn what happened to a check into its result and its report."""
    report = yield
    ident = check_id(item)
    run = item.config.stash.get(RUN, None)
    decisive = report.when == "call" or (report.when == "setup" and not report.passed)
    if not ident or run is None or not decisive:
        return report
    judgement = judgement_of(item, call, report)
    if judgement.verdict in RED and not judgement.of_servers:
        judgement = unless_dead(run, judgement)
    took = time.monotonic() - item.stash.get(STARTED, time.monotonic())
    result = result_of(item, ident, run.settings.root, took, judgement)
    run.checks.append(result)
    run.tell("check-finished", **finished(result))
    report.user_properties.append(("smokestack.verdict", judgement.verdict.value))
    if report.failed:
        report.longrepr = f"{ident}: {judgement.summary}"
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    """Verdicts instead of passed and failed, for checks."""
    verdict = dict(getattr(report, "user_properties", ())).get("smokestack.verdict")
    if verdict == "met" and report.when == "call":
        return "met", ".", ("MET", {"green": True})
    if verdict == "missed":
        return "missed", "F", ("MISSED", {"red": True})
    if verdict == "unmeasured":
        return "unmeasured", "U", ("UNMEASURED", {"yellow": True})
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Remember why the run ended early."""
    global _interrupted  # noqa: PLW0603 - the hook is given no config
    _interrupted = (str(excinfo.value) or "Ctrl-C").splitlines()[0]
    # Python can be interrupted where it knows no line, and pytest cannot show such a place.
    excinfo.traceback = excinfo.traceback.filter(
        lambda entry: entry._rawentry.tb_lineno is not None  # noqa: SLF001 - `lineno` raises there
    )


_interrupted: str | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report, end the stack, and set the exit code."""
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    run.interrupted = _interrupted
    if run.usage:  # its last questions belong in the report
        run.usage.end()
    if _interrupted is None:
        run.see_over_time()
    result = session.config.stash[RESULT] = run.result()
    writer = session.config.get_terminal_writer()

    def warn(text: str) -> None:
        writer.line(f"\n{text}", yellow=True)

    try:
        run.close(failed=result.verdict in RED)
    finally:
        session_live.end(session.config)
        try:
            write_report(result, run.folder, run.settings, os.environ, warn)
        except UsageError as error:
            writer.line(str(error), red=True)
            session.exitstatus = EXIT_USAGE
    if _interrupted is None and session.exitstatus in (0, 1):
        session.exitstatus = _code(session, run, result)
    if stream := session.config.stash.get(EVENTS, None):
        end_events(stream, result, run, int(session.exitstatus), warn)


def _code(session: pytest.Session, run: Run, result: RunResult) -> int:
    """That of the verdicts; what is met is not enough where the baseline proves more."""
    code = exit_code(run, session)
    if baseline := session.config.stash.get(BASELINE, None):
        beside = session.config.stash[BESIDE] = compare(baseline, result)
        if beside.worse and code == 0:
            return EXIT_MISSED
    return code


def pytest_unconfigure(config: pytest.Config) -> None:
    """However the session ended, nothing is shown after it."""
    session_live.end(config)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The summary that a person grasps in five seconds."""
    run = config.stash.get(RUN, None)
    if run is None or (not run.checks and not run.interrupted):
        return
    result = config.stash.get(RESULT, None) or run.result()
    show(result, run, terminalreporter, os.environ, config.stash.get(BESIDE, None))
