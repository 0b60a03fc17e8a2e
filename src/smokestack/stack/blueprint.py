"""A stack as it will run: every service rendered for its place, and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from smokestack import yaml_file
from smokestack.endpoints import Endpoint, Endpoints
from smokestack.results import ServerInfo, StackInfo, Standin
from smokestack.stack.compose_file import Service
from smokestack.stack.configured import timings
from smokestack.stack.passwords import grafana_admin
from smokestack.stack.plan import Plan
from smokestack.stack.render import Layout, Rendered, render
from smokestack.stack.selection import Selection
from smokestack.timings import Timings

TEMPO = ("tempo", 3200)
"""Where the trace store answers, also when another server stands in for it."""
OTLP = "otlp-http"
"""The listener to which telemetry may be sent."""


@dataclass(frozen=True)
class Blueprint:
    """Every service of a stack, rendered. `factor` is what durations were divided by."""

    layout: Layout
    selection: Selection
    rendered: Mapping[str, Rendered]
    factor: float
    timings: Timings

    @property
    def absent(self) -> Mapping[str, str]:
        """Optional servers that the stack runs without -> why."""
        return {one.name: one.reason for one in self.selection.left_out}

    def ready_url(self, name: str) -> str:
        """Where a service says that it is ready."""
        ready = self.rendered[name].service.extension.ready
        address = self.layout.url(name, ready.port)
        return address.replace("http:", "tcp:") if ready.path is None else address + ready.path

    def endpoints(self) -> Endpoints:
        """Where each server answers: its `http` listener, or the one that gives its metrics."""
        by_role = {
            name: Endpoint(name, self.layout.url(name, asked_port(one.service)))
            for name, one in self.rendered.items()
        }
        one = self.rendered.get("otel-collector")
        if one and (otlp := one.service.extension.listen.get(OTLP)):
            url = self.layout.url("otel-collector", otlp)
            by_role["otlp"] = Endpoint("otel-collector", url)
        if one := self.rendered.get("grafana"):
            admin = grafana_admin(one.environment)
            by_role["grafana"] = replace(by_role["grafana"], headers=admin)
        if store := self.selection.trace_store:
            by_role["traces"] = by_role[store]
            by_role["traces-metrics"] = Endpoint(
                store, self.layout.url(*self._store_metrics(store))
            )
        return Endpoints(by_role)

    def _store_metrics(self, store: str) -> tuple[str, int]:
        """The listener with the trace store's own metrics, as Prometheus scrapes them."""
        if store == TEMPO[0] or TEMPO in self.selection.aliases:
            return TEMPO
        return store, self.rendered[store].service.extension.ready.port

    def info(
        self,
        backend: str,
        versions: Mapping[str, str],
        ready_of: Mapping[str, float],
        ready_s: float,
        standins: tuple[Standin, ...] = (),
    ) -> StackInfo:
        """What the report says of the stack. `ready_of` are seconds to ready, by service."""
        servers = tuple(
            ServerInfo(name, versions.get(name, ""), round(ready, 3))
            for name, ready in ready_of.items()
        )
        return StackInfo(
            backend,
            round(ready_s, 3),
            servers,
            tuple(change for one in self.rendered.values() for change in one.changes),
            self.selection.standins + standins,
            tuple(rule for one in self.rendered.values() for rule in one.incompressible),
            self.selection.left_out,
        )


def draw(plan: Plan, layout: Layout, selection: Selection) -> Blueprint:
    """Render every service. Raises ConfigError for what cannot be rendered."""
    factor = plan.pace_factor(_shipped(selection.services["prometheus"]))
    rendered = {
        name: render(service, layout, factor, plan.slower)
        for name, service in selection.services.items()
    }
    waits = timings(rendered.values(), plan.application)
    return Blueprint(layout, selection, rendered, factor, waits)


def asked_port(service: Service) -> int:
    """The listener at which we ask a service: its API, else its metrics, else its readiness."""
    listen = service.extension.listen
    return listen.get("http") or listen.get("metrics") or service.extension.ready.port


def asked_ports(service: Service) -> set[int]:
    """Every listener at which we ask a service, or to which we send."""
    listen, ready = service.extension.listen, service.extension.ready
    return {
        asked_port(service),
        ready.port,
        *(port for name, port in listen.items() if name == OTLP),
    }


def _shipped(prometheus: Service) -> Mapping[str, object]:
    """Prometheus' configuration as it ships: what the pace is worked out from."""
    target = next(t for t, kind in prometheus.extension.config.items() if kind == "prometheus")
    source = next(mount.source for mount in prometheus.mounts if mount.target == target)
    return dict(yaml_file.read(Path(source)).data)
