"""dashboards.content: have the dashboards' files what was promised of them?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from smokestack.judge.conclude import conclude, named, skipped
from smokestack.judge.grafana import PROVISIONING
from smokestack.panels import DashboardFile, PanelFile, Provisioned, SourceFile
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system import Dashboard, Grafana


def content(expected: Grafana, provisioned: Provisioned) -> Judgement:
    """The dashboards have what was promised of them, and data sources lead to each other."""
    promised = sum(map(_promises, expected.dashboards)) + sum(map(len, expected.correlations))
    if not promised:
        return skipped("this system promises nothing of its dashboards")
    findings = [
        Finding(text, PROVISIONING)
        for wanted in expected.dashboards
        for text in _unkept(wanted, provisioned)
    ]
    findings += [Finding(text, PROVISIONING) for text in _apart(expected, provisioned.sources)]
    read = [one.file for one in provisioned.dashboards]
    read += [one.file for one in provisioned.sources]
    files = named((file.name for file in read), 12)
    evidence = Evidence("provisioned files", files, f"{len(findings)} unlike", "0 unlike")
    boards = named(f"{one.uid} ({_promises(one)})" for one in expected.dashboards)
    pairs = sum(map(len, expected.correlations.values()))
    summary = f"what was promised is there: {boards}; {pairs} links between data sources"
    return conclude(summary, findings, [evidence], exercised=promised)


def _promises(one: Dashboard) -> int:
    """How much a dashboard is held to; its uid and its title always."""
    return (
        2
        + (one.refresh is not None)
        + sum(len(each) for each in (one.variables, one.links, one.exemplars))
    )


def _unkept(wanted: Dashboard, provisioned: Provisioned) -> Iterator[str]:
    there = provisioned.dashboard(wanted.uid)
    if there is None:
        yield f"dashboard {wanted.uid} is not there: none of the provisioned files has that uid"
        return
    for text in _differs(wanted, there, provisioned):
        yield f"{there.file.name}: {text}"


def _differs(wanted: Dashboard, there: DashboardFile, provisioned: Provisioned) -> Iterator[str]:
    if there.title != wanted.title:
        yield f"its title is {there.title!r}, expected {wanted.title!r}"
    if wanted.refresh is not None and there.refresh != wanted.refresh:
        yield f"it is refreshed every {there.refresh or '(never)'}, expected {wanted.refresh}"
    for name in wanted.variables:
        if name not in there.variables:
            yield f"it has no variable {name}"
        elif not _used(name, there):
            yield f"its variable {name} is in no query"
    for title in wanted.exemplars:
        yield from _without_exemplars(title, there)
    for title, uid in wanted.links.items():
        links = [link for panel in _titled(there, title) for link in panel.links]
        if not any(_leads_to(link, uid, provisioned) for link in links):
            yield f"panel {title!r} has no link to {uid} ({len(links)} links in all)"


def _without_exemplars(title: str, there: DashboardFile) -> Iterator[str]:
    targets = [target for panel in _titled(there, title) for target in panel.targets]
    if not targets:
        yield f"panel {title!r} is not there, or asks nothing"
    for target in targets:
        if not target.exemplar:
            yield f"panel {title!r}, query {target.ref} asks for no exemplars"


def _titled(there: DashboardFile, title: str) -> list[PanelFile]:
    return [panel for panel in there.panels if panel.title == title]


def _used(name: str, there: DashboardFile) -> bool:
    """Whether a query or its data source names a variable, or a panel is repeated by it."""
    naming = re.compile(rf"\$(\{{)?{re.escape(name)}\b|\[\[{re.escape(name)}\b")
    repeated = any(name in panel.repeat for panel in there.panels)
    targets = [target for panel in there.panels for target in panel.targets]
    return repeated or any(naming.search(f"{one.text} {one.source}") for one in targets)


def _leads_to(link: str, uid: str, provisioned: Provisioned) -> bool:
    """Whether an address opens a data source: in Explore, or in a panel of a dashboard."""
    parts = urlsplit(link)
    if parts.path.rstrip("/").endswith("/explore"):
        asked = parse_qs(parts.query)
        return any(uid in set(_sources(text)) for key in _PANES for text in asked.get(key, ()))
    _, found, rest = parts.path.partition("/d/")
    other = provisioned.dashboard(rest.split("/")[0]) if found else None
    if other is None:
        return False
    one = parse_qs(parts.query).get("viewPanel", [""])[0].removeprefix("panel-")
    return any(t.source == uid for p in other.panels if one in ("", p.ident) for t in p.targets)


_PANES = ("panes", "left")
"""What Explore's address has its queries in: since Grafana 10, and before."""


def _sources(text: str) -> Iterator[str]:
    """Every data source in a state of Explore: `{"datasource": uid}`, with queries inside."""
    try:
        yield from _named(json.loads(text))
    except ValueError:
        return


def _named(state: Any) -> Iterator[str]:
    if isinstance(state, Mapping):
        source = state.get("datasource")
        if isinstance(source, str):
            yield source
        elif isinstance(source, Mapping):
            yield str(source.get("uid"))
        for inner in state.values():
            yield from _named(inner)
    elif isinstance(state, list):
        for inner in state:
            yield from _named(inner)


def _apart(expected: Grafana, sources: Iterable[SourceFile]) -> Iterator[str]:
    there = {one.uid: one for one in sources}
    for uid, others in expected.correlations.items():
        if uid not in there:
            yield f"data source {uid} is not there"
            continue
        for other in others:
            if other not in there[uid].leads_to:
                yield f"{there[uid].file.name}: data source {uid} does not lead to {other}"
