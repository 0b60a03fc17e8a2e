"""What must go together in a system.yaml: a part that a system has, it has whole.

Each fault is said at the key where it stands, all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from smokestack.system import latency
from smokestack.yaml_errors import SENTENCE

if TYPE_CHECKING:
    from smokestack.system.dashboards import Grafana
    from smokestack.system.schema import Route, System

Fault = tuple[tuple[str | int, ...], str]
"""Where, and what is wrong there."""


def require(system: System) -> None:
    """Raise pydantic's ValidationError, with every fault at its key, if there is any."""
    found = [
        InitErrorDetails(
            type=PydanticCustomError(SENTENCE, "{why}", {"why": why}), loc=loc, input=None
        )
        for loc, why in faults(system)
    ]
    if found:
        raise ValidationError.from_exception_data("System", found)


def faults(system: System) -> Iterator[Fault]:
    """Everything that does not go together."""
    entry, services = system.application.entry, system.application.services
    if entry not in services:
        yield ("application", "entry"), _unknown(system, entry)
    jobs = {job.job for job in system.scrape}
    for number, service in enumerate(services):
        if service not in jobs:
            why = f"{service} is no job under scrape, so nothing of it could be counted"
            yield ("application", "services", number), why
    for number, route in enumerate(system.routes):
        yield from _of_route(system, number, route)
    yield from _of_push(system, jobs)
    yield from _of_traces(system)
    if system.collector is not None and system.traces is None:
        yield ("collector",), "there is no section `traces`, and what it scrubs is looked for there"
    yield from _of_grafana(system)
    yield from _of_queries(system)
    yield from _of_alerts(system)
    yield from system.notifications.faults() if system.notifications else ()
    yield from system.under_load.faults() if system.under_load else ()
    yield from _of_output(system)
    yield from _of_retention(system)
    yield from _of_resources(system)
    yield from _of_latency(system)
    yield from _of_overhead(system)


def _unknown(system: System, service: str) -> str:
    return f"{service} is not in application.services ({', '.join(system.application.services)})"


def _of_route(system: System, number: int, route: Route) -> Iterator[Fault]:
    for place, service in enumerate(route.services):
        if service not in system.application.services:
            yield ("routes", number, "services", place), _unknown(system, service)
    for signal, section in (("logs", system.logs), ("traces", system.traces)):
        if section is None and signal in route.copies.model_fields_set:
            why = f"there is no section `{signal}`, so nothing can be said about copies of them"
            yield ("routes", number, "copies", signal), why


def _of_push(system: System, jobs: set[str]) -> Iterator[Fault]:
    if system.push is None:
        return
    if system.push.service not in system.application.services:
        yield ("push", "service"), _unknown(system, system.push.service)
    if system.push.job in jobs:
        yield ("push", "job"), f"{system.push.job} is scraped: what is pushed has a job of its own"


def _of_traces(system: System) -> Iterator[Fault]:
    field, attribute = ("logs", "names", "trace_id"), ("traces", "correlation_attribute")
    named = system.logs and system.logs.names.trace_id
    if system.traces is None:
        if named is not None:
            yield field, "there is no section `traces` that a line could lead to"
        return
    if system.logs and named is None:
        yield field, "must be there: by it a line leads to its trace"
    if system.correlation is None and system.traces.correlation_attribute is not None:
        yield attribute, "there is no section `correlation`, whose id this would be"
    if system.correlation is not None and system.traces.correlation_attribute is None:
        yield attribute, "must be there: by it spans are joined by the correlation id"


def _of_grafana(system: System) -> Iterator[Fault]:
    if system.grafana is None:
        return
    for uid, kind in system.grafana.datasources.items():
        if kind in ("tempo", "jaeger") and system.traces is None:
            why = "there is no section `traces`, so it could be asked for nothing"
            yield ("grafana", "datasources", uid), why
        if kind == "loki" and system.logs is None:
            why = "there is no section `logs`, so it could be asked for nothing"
            yield ("grafana", "datasources", uid), why
    uids = [one.uid for one in system.grafana.dashboards]
    for number, uid in enumerate(uids):
        if uid in uids[:number]:
            yield ("grafana", "dashboards", number, "uid"), f"{uid} is another one's already"
    yield from _of_dashboards(system.grafana, uids)
    for loc, uid in _named_sources(system.grafana):
        if uid not in system.grafana.datasources:
            yield loc, f"{uid} is no data source under grafana.datasources"


def _of_dashboards(grafana: Grafana, uids: list[str]) -> Iterator[Fault]:
    """What is promised of dashboards is promised of some that there are."""
    if grafana.backup and not uids:
        yield ("grafana", "backup"), "there are no dashboards under grafana.dashboards"
    marked = grafana.deployments.shown_on if grafana.deployments else ()
    for number, uid in enumerate(marked):
        if uid not in uids:
            why = f"{uid} is no dashboard under grafana.dashboards"
            yield ("grafana", "deployments", "shown_on", number), why


def _named_sources(grafana: Grafana) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every data source that is named apart from their list, and where."""
    for uid, others in grafana.correlations.items():
        yield from ((("grafana", "correlations", uid), one) for one in (uid, *others))
    for number, one in enumerate(grafana.dashboards):
        for title, uid in one.links.items():
            yield ("grafana", "dashboards", number, "links", title), uid


def _of_alerts(system: System) -> Iterator[Fault]:
    """Somebody is told of an alert, unless there is no Alertmanager that could."""
    for number, alert in enumerate(system.alerts):
        if "alertmanager" in system.versions or alert.lived_through:
            for key in ("receiver", "delivered_to", "group_by"):
                if key not in alert.model_fields_set:
                    yield ("alerts", number, key), "this key must be there"


def _of_queries(system: System) -> Iterator[Fault]:
    names = [one.name for one in system.queries]
    for number, one in enumerate(system.queries):
        if one.server == "loki" and system.logs is None:
            why = "there is no section `logs`, so Loki could be asked for nothing"
            yield ("queries", number, "server"), why
        if one.name in names[:number]:
            yield ("queries", number, "name"), f"{one.name} is another one's already"
        service = one.requests.service if one.requests else None
        if service is not None and service not in system.application.services:
            yield ("queries", number, "requests", "service"), _unknown(system, service)


def _of_output(system: System) -> Iterator[Fault]:
    if system.containers is None or system.containers.output is None:
        return
    if system.logs is None:
        why = "there is no section `logs`: what containers write is looked for there"
        yield ("containers", "output"), why
    for number, service in enumerate(system.containers.output.services):
        if service not in system.containers.limits:
            why = f"{service} is no container under containers.limits"
            yield ("containers", "output", "services", number), why


def _of_overhead(system: System) -> Iterator[Fault]:
    if system.overhead is None:
        return
    for signal, section in (("logs", system.logs), ("traces", system.traces)):
        for number, one in enumerate(system.overhead.budgets):
            if section is None and one.signal == signal:
                why = f"there is no section `{signal}`, so they could cost nothing"
                yield ("overhead", "budgets", number, "signal"), why
    if system.stack is not None and not (system.overhead.start or system.overhead.urls):
        why = (
            "the application is your own: say by `start` or `urls` how it is run without telemetry"
        )
        yield ("overhead",), why


def _of_retention(system: System) -> Iterator[Fault]:
    promised = system.configuration
    if promised is None:
        return
    kept = promised.retention
    for signal, section in (("logs", system.logs), ("traces", system.traces)):
        if section is None and getattr(kept, signal) is not None:
            why = f"there is no section `{signal}`, so none could be kept"
            yield ("configuration", "retention", signal), why
    if system.logs is None and (promised.log_schema or promised.log_backup):
        key = "log_schema" if promised.log_schema else "log_backup"
        yield ("configuration", key), "there is no section `logs`, so there is no Loki"


def _of_resources(system: System) -> Iterator[Fault]:
    if system.resources is None:
        return
    yield from system.resources.faults(system.containers.limits if system.containers else {})
    for signal, section in (("logs", system.logs), ("traces", system.traces)):
        if section is None and getattr(system.resources.per_request, signal) is not None:
            why = f"there is no section `{signal}`, so a request costs none"
            yield ("resources", "per_request", signal), why


_WAITS_OF = {
    "log_poll": "logs",
    "span_delay": "traces",
    "evaluation": "alerts",
    "group_wait": "alerts",
    "group_interval": "alerts",
}


def _of_latency(system: System) -> Iterator[Fault]:
    """Nothing can be held back on a way that is not there."""
    lacking = {wait: of for wait, of in _WAITS_OF.items() if not getattr(system, of)}
    if system.logs is None and system.traces is None:
        lacking["batch"] = "logs"
    yield from latency.faults(system.latency, system.health, lacking)
