"""Which queries the panels of the provisioned dashboards ask, ready to be sent.

Variables have the values that system.yaml gives, else those of the dashboard's file. A data source
is known by what system.yaml says of its uid, never by its file; only a name, or none at all, is
looked up there, as Grafana does it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from smokestack.errors import ConfigError
from smokestack.matchers import parse
from smokestack.observe import templating
from smokestack.observe.dashboard_files import line_of
from smokestack.observe.dashboards import DEFAULT, OWN
from smokestack.panels import (
    DashboardFile,
    PanelFile,
    PanelQuery,
    Provisioned,
    SourceFile,
    Target,
)
from smokestack.stack.promql import compress, incompressible
from smokestack.system import Dashboard, Grafana

WITHOUT_QUERIES = frozenset(
    {
        "alertlist", "annolist", "canvas", "dashlist", "gettingstarted", "news", "pluginlist",
        "text", "welcome",
    }
)  # fmt: skip
"""Types of panels that show something without a query."""

SAY_WHICH = "say in system.yaml which: grafana.dashboards[].variables"

_TRACEQL_METRICS = re.compile(
    r"\|\s*(rate|count_over_time|(min|max|avg|sum|quantile|histogram)_over_time|compare)\s*\("
)


@dataclass(frozen=True)
class Planner:
    """Makes queries of panels. `stand_ins` are the servers that run in place of others, by the
    type of data source whose place they take; `factor` is that of the stack's pace.
    """

    expected: Grafana
    provisioned: Provisioned
    stand_ins: Mapping[str, str]
    factor: float = 1.0

    def queries(self) -> list[PanelQuery]:
        """Every query of every panel of every dashboard; one without any where a panel has none.

        Raises ConfigError where a variable of a dashboard in system.yaml has no value; the queries
        of others cannot be asked then.
        """
        return [
            query
            for dashboard in self.provisioned.dashboards
            for number, panel in enumerate(dashboard.panels)
            for query in self._of_panel(dashboard, number, panel)
        ]

    def _of_panel(
        self, dashboard: DashboardFile, number: int, panel: PanelFile
    ) -> Iterator[PanelQuery]:
        declared = self._declared(dashboard)
        excused = declared.empty.get(panel.title, "") if declared else ""
        plain = PanelQuery(
            dashboard.uid, dashboard.file, number, panel.title, excused=excused, place=panel.place
        )
        if panel.library:
            text = f"library panel {panel.library!r}: its queries stand elsewhere, and are not read"
            yield replace(plain, unasked=text)
        elif panel.targets:
            values = self._values(dashboard, panel, declared.variables if declared else {})
            if why := _faults(dashboard, values):
                if declared:
                    raise ConfigError(why, file=dashboard.file, hint=SAY_WHICH)
                yield replace(plain, unasked=why)
                return
            for target in panel.targets:
                if target.source not in OWN:
                    yield from self._of_target(dashboard, panel, target, plain, values)
        elif panel.type not in WITHOUT_QUERIES:
            yield replace(plain, wrong="has no query")

    def _declared(self, dashboard: DashboardFile) -> Dashboard | None:
        return next((one for one in self.expected.dashboards if one.uid == dashboard.uid), None)

    def _values(
        self, dashboard: DashboardFile, panel: PanelFile, given: Mapping[str, Sequence[str]]
    ) -> dict[str, tuple[str, ...]]:
        """The values of every variable that a panel names."""
        named = {name for t in panel.targets for name in templating.names(f"{t.text} {t.source}")}
        known = (named | set(panel.repeat)) & dashboard.variables.keys()
        return {
            name: templating.chosen(dashboard.variables[name], given.get(name, ()))
            for name in sorted(known)
            if dashboard.variables[name].type != "datasource"
        }

    def _of_target(
        self,
        dashboard: DashboardFile,
        panel: PanelFile,
        target: Target,
        plain: PanelQuery,
        values: Mapping[str, tuple[str, ...]],
    ) -> Iterator[PanelQuery]:
        """One query, or one for each value by which its panel is repeated."""
        asked = self._asked(dashboard, target, replace(plain, ref=target.ref))
        if asked.wrong or asked.unasked:
            yield asked
            return
        repeat = [name for name in panel.repeat if name in values]
        for scope in itertools.product(*(values[name] for name in repeat)):
            scoped = {name: (value,) for name, value in zip(repeat, scope, strict=True)}
            text = self._expanded(dashboard, target, asked, {**values, **scoped})
            _require_sound(text, asked, target)
            text = at_pace(text, asked.kind, self.factor, instant=asked.instant)
            said = ", ".join(f"{name}={value}" for name, value in zip(repeat, scope, strict=True))
            ref = f"{target.ref} ({said})" if said else target.ref
            yield replace(asked, ref=ref, text=text)

    def _asked(self, dashboard: DashboardFile, target: Target, plain: PanelQuery) -> PanelQuery:
        """Its data source, and what is known of it without asking."""
        uid = self._uid(dashboard, target.source)
        kind = self.expected.datasources.get(uid, "")
        asked = replace(
            plain,
            text=target.text,
            source=uid,
            kind=kind,
            instant=target.instant,
            range_s=dashboard.range_s,
        )
        if not kind:
            shown = uid or target.source or "default one"
            return replace(asked, wrong=f"asks the data source {shown}, not in system.yaml")
        if other := self.stand_ins.get(kind):
            text = f"{other} stands in for {kind}, and does not know its queries"
            return replace(asked, unasked=text, stand_in=True)
        if why := _unknown(kind, target):
            return replace(asked, unasked=why)
        return asked if target.text.strip() else replace(asked, wrong="is empty")

    def _uid(self, dashboard: DashboardFile, source: str) -> str:
        """The uid behind a reference; the reference itself where nothing is behind it."""
        if source.startswith("$") and (variable := dashboard.variables.get(source[1:])):
            declared = self._declared(dashboard)
            given = declared.variables.get(variable.name, ()) if declared else ()
            value = next(iter(given or variable.values), "default")
            of_type = [u for u, kind in self.expected.datasources.items() if kind == variable.query]
            if value in ("default", "$__all"):
                return next(iter(of_type), "")
            source = value
        if source in self.expected.datasources:
            return source
        found = (
            one.uid
            for one in self.provisioned.sources
            if (one.default if source == DEFAULT else one.name == source)
        )
        return next(found, source)

    def _expanded(
        self,
        dashboard: DashboardFile,
        target: Target,
        asked: PanelQuery,
        values: Mapping[str, tuple[str, ...]],
    ) -> str:
        sources: Iterator[SourceFile] = iter(self.provisioned.sources)
        step = next((one.step for one in sources if one.uid == asked.source), "")
        try:
            times = templating.times(dashboard.range_s, target.step.lstrip(">"), step)
        except ValueError as error:
            raise ConfigError(f"{asked.where}: interval: {error}", file=asked.file) from error
        return templating.expand(target.text, dashboard.variables, values, asked.kind, times)


def _require_sound(text: str, asked: PanelQuery, target: Target) -> None:
    """Raise ConfigError for what is not PromQL, at its line. Other languages are not read here."""
    if asked.kind != "prometheus":
        return
    try:
        parse(text)
    except ValueError as error:
        where = f"panel {asked.panel!r}, query {target.ref}"
        line = line_of(asked.file, target.text)
        raise ConfigError(f"{where}: {error}", file=asked.file, line=line) from error


def at_pace(text: str, kind: str, factor: float, *, instant: bool) -> str:
    """A query of PromQL with its durations divided, as those of rules are: a range that would
    hold too few scrapes must not hold enough since these come more often.

    As it stands are left: an instant query, since the traffic is over when it is asked; one that
    would mean something else; one that cannot be parsed, which the server refuses; and LogQL,
    since Loki has lines when they are written, and not at intervals.
    """
    if kind != "prometheus" or instant or factor == 1:
        return text
    try:
        return text if incompressible(text) else compress(text, factor)[0]
    except ValueError:
        return text


def _faults(dashboard: DashboardFile, values: Mapping[str, Sequence[str]]) -> str:
    """Why a panel's queries cannot be told; empty where they can."""
    for name, given in values.items():
        if not given:
            return f"variable {name} has no value in the file: Grafana asks a server for it"
        if len(given) > 1 and not dashboard.variables[name].many:
            return f"variable {name} takes one value, and is given {len(given)}"
    return ""


def _unknown(kind: str, target: Target) -> str:
    """Why a query is of a kind that is not asked; empty where it is."""
    if kind == "jaeger":
        return "queries of Jaeger's own are not asked"
    if kind == "tempo" and target.mode not in ("", "traceql"):
        return f"queries of the type {target.mode} are not asked"
    if kind == "tempo" and _TRACEQL_METRICS.search(target.text):
        return "metrics of TraceQL are not asked"
    return ""
