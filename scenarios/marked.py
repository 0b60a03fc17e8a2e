# mypy: allow-untyped-calls, allow-untyped-decorators
# Locust is typed in parts: its events and decorators are not.
"""The one way in which scenarios send: every request marked, every request in the ledger.

A scenario is a file with one subclass of `MarkedUser` and its `plan`. Run by the harness
(smokestack.load) or by hand: `locust -f scenarios/steady.py --headless --host http://127.0.0.1:…`.
"""

from __future__ import annotations

import os
import ssl
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import getrandbits
from typing import Any, ClassVar, NamedTuple

import gevent  # type: ignore[import-untyped]
import geventhttpclient.client
from course import Course, Due
from locust import FastHttpUser, events, task
from locust.env import Environment
from locust.exception import StopUser

from smokestack.endpoints import Tls
from smokestack.errors import UsageError
from smokestack.load import ready_file
from smokestack.load.scenario import refuse_remote
from smokestack.load.schedule import Plan
from smokestack.load.settings import Settings, from_environ

DRAIN_S = 15.0
"""How long Locust waits for requests in flight when it is stopped; by default it does not."""

TENANT = {"x-tenant-id": "smoketest"}
SYNTHETIC = "synthetic_request=true"
"""Says that nobody waits for the answer: an entry of W3C baggage, by the name that it has in
OpenTelemetry's own demo.
"""
_ANY_STATUS = range(100, 600)

# The client would send a GET again, unseen by us, when the connection closes without an answer: the
# server may then count two where the ledger has one. Nothing is sent twice.
geventhttpclient.client.IDEMPOTENT_METHODS = frozenset()


class Answer(NamedTuple):
    """What came back; or, without a status, why nothing did."""

    status: int | None
    echoed_id: str | None
    error: str | None
    latency_s: float | None


class MarkedUser(FastHttpUser):
    """Sends the requests of its scenario's plan, in turn with all other users of the process."""

    abstract = True
    plan: ClassVar[Plan]
    headers: ClassVar[Mapping[str, str]] = TENANT
    course: ClassVar[Course]
    request_timeout_s: ClassVar[float] = 10.0
    concurrency = 1
    max_redirects = 0

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client.client.valid_response_codes = _ANY_STATUS  # type: ignore[misc, assignment]
        settings = self.course.settings
        self._load_id = f"{settings.run_id}-{settings.load}"
        self._marks = {
            **self.headers,
            **(settings.leave.headers if settings.leave else {}),
            "baggage": (
                f"smokestack.run_id={settings.run_id},smokestack.load={self._load_id},{SYNTHETIC}"
            ),
            "X-Smokestack-Run": settings.run_id,
        }

    @task
    def one_request(self) -> None:
        """Send the next request of the plan, when it is due."""
        due = self.course.next_request()
        if due is None:
            raise StopUser
        try:
            self._send(due)
        finally:
            self.course.done()

    def _send(self, due: Due) -> None:
        trace_id, span_id = f"{getrandbits(128):032x}", f"{getrandbits(64):016x}"
        correlation_id = f"{self._load_id}-{due.n:06d}"
        headers = {
            **self._marks,
            **due.planned.headers,
            "traceparent": f"00-{trace_id}-{span_id}-01",
            "X-Correlation-ID": correlation_id,
        }
        answer = Answer(None, None, "given up: Locust was stopped", None)
        sent_at, started = time.time(), time.perf_counter()
        try:
            answer = self._ask(due, headers, started)
        finally:
            self.course.ledger.add(
                due.n,
                due.planned,
                status=answer.status,
                intended_at=due.intended_at or sent_at,
                sent_at=sent_at,
                latency_s=answer.latency_s or time.perf_counter() - started,
                trace_id=trace_id,
                span_id=span_id,
                correlation_id=correlation_id,
                echoed_id=answer.echoed_id,
                error=answer.error,
            )

    def _ask(self, due: Due, headers: dict[str, str], started: float) -> Answer:
        planned = due.planned
        with (
            gevent.Timeout(self.request_timeout_s),
            self.client.request(
                planned.method,
                planned.path,
                name=planned.route,
                data=planned.body,  # type: ignore[arg-type]
                headers=headers,
                allow_redirects=False,
                catch_response=True,
            ) as response,
        ):
            latency_s = time.perf_counter() - started
            if lost := response.request_meta["exception"]:
                response.failure(lost)
                return Answer(None, None, self._reason(lost), latency_s)
            status = response.status_code
            if status == planned.expected:
                response.success()
            else:
                response.failure(f"expected {planned.expected}, got {status}")
            echoed_id = _text(response.headers.get("X-Correlation-ID"))
            return Answer(status, echoed_id, None, latency_s)

    def _reason(self, lost: BaseException) -> str:
        """Why no answer came: the client wraps what really happened."""
        lost = getattr(lost, "original", lost)
        if isinstance(lost, gevent.Timeout):
            return f"no answer within {self.request_timeout_s:g} s"
        return f"{type(lost).__name__}: {lost}"


def _text(header: str | list[str] | None) -> str | None:
    return ", ".join(header) if isinstance(header, list) else header


def _plan(environment: Environment) -> tuple[str, Plan]:
    users = [user for user in environment.user_classes if issubclass(user, MarkedUser)]
    if len(users) != 1 or len(environment.user_classes) != 1:
        raise UsageError("a scenario file has exactly one user class, made from MarkedUser")
    return Path(environment.locustfile or "scenario").stem, users[0].plan


def _refuse_strange(host: str, settings: Settings) -> None:
    refuse_remote(host, allow_remote=settings.allow_remote or settings.leave is not None)


def _settings(environment: Environment) -> Settings:
    return from_environ(os.environ, scenario=_plan(environment)[0])


def _prepare(environment: Environment, **_: Any) -> None:
    """When Locust is set up: check everything, and say how many users the plan wants."""
    try:
        settings, plan = _settings(environment), _plan(environment)[1]
        if environment.host:  # the web interface may still ask for it
            _refuse_strange(environment.host, settings)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    if settings.leave:
        _trust(settings.leave.tls)
    environment.stop_timeout = max(environment.stop_timeout, DRAIN_S)
    options = environment.parsed_options
    if options is not None:
        options.num_users = options.num_users or settings.users or plan.users
        options.spawn_rate = options.spawn_rate or min(options.num_users, 100)


def _trust(tls: Tls) -> None:
    """Somebody else's application must prove who it is; by itself the client asks for no proof."""

    def context(**_: object) -> ssl.SSLContext:  # the client would name authorities of its own
        made = ssl.create_default_context(cafile=tls.ca)
        if tls.certificate:
            made.load_cert_chain(tls.certificate, tls.key)
        return made

    MarkedUser.insecure = False
    MarkedUser.ssl_context_factory = staticmethod(context)


def _begin(environment: Environment, **_: Any) -> None:
    """When users are about to spawn: open the ledger, and watch over the course."""
    settings = _settings(environment)
    _refuse_strange(environment.host or "", settings)
    MarkedUser.course = Course(_plan(environment)[1], settings)
    if "SMOKESTACK_LEDGER" not in os.environ:
        sys.stderr.write(f"run {settings.run_id}: the ledger is written to {settings.ledger}\n")
    gevent.spawn(MarkedUser.course.watch, lambda: _leave(environment))


def _leave(environment: Environment) -> None:
    runner, options = environment.runner, environment.parsed_options
    if runner is None or MarkedUser.course.leaving:
        return
    if options is not None and options.headless:
        runner.quit()
    else:
        runner.stop()


def _mark_ready(**_: Any) -> None:
    course = MarkedUser.course
    if ready := course.settings.ready:
        ready_file.write(ready, course.total)


def _wind_up(environment: Environment, **_: Any) -> None:
    """When Locust quits, for whatever reason: nothing new is sent, and what was asked for is fine.

    Errors that were sent on purpose, and connections that failed, are the ledger's to tell.
    """
    course: Course | None = getattr(MarkedUser, "course", None)
    if course is None:
        return
    course.leaving = True
    course.end("Locust was stopped")
    if course.failed:
        sys.stderr.write(f"{course.reason}\n")
        environment.process_exit_code = 1
    elif environment.runner is not None and not environment.runner.exceptions:
        environment.process_exit_code = 0


def _close(**_: Any) -> None:
    if course := getattr(MarkedUser, "course", None):
        course.close()


events.init.add_listener(_prepare)
events.test_start.add_listener(_begin)
events.spawning_complete.add_listener(_mark_ready)
events.quitting.add_listener(_wind_up)
events.test_stop.add_listener(_close)
events.quit.add_listener(_close)
