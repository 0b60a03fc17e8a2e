"""dashboards.*: do all panels show data, and have the dashboards what was promised of them?"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

from smokestack.judge.conclude import conclude, named, skipped, unmeasured
from smokestack.judge.grafana import PROVISIONING
from smokestack.panels import DashboardFile, PanelAnswer, PanelFile, Provisioned, SourceFile
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system import Dashboard, Grafana
from smokestack.wait import Waited

NONE = "this system names no dashboards, and provisions none"
EXPECTED = "at least one number, line or trace"


class State(StrEnum):
    """What is known of a panel, the worst first: that of its worst query."""

    BROKEN = "broken"
    UNKNOWN = "not known"
    NOT_ASKED = "not asked"
    EXCUSED = "empty for a reason"
    SHOWN = "shows data"


@dataclass(frozen=True)
class PanelSeen:
    """A panel that has queries, with what they gave."""

    dashboard: str
    title: str
    answers: tuple[PanelAnswer, ...]

    @property
    def state(self) -> State:
        """That of its worst query: each must give data."""
        return min(map(state_of, self.answers), key=list(State).index)


_ASIDE = (State.EXCUSED, State.NOT_ASKED, State.UNKNOWN)


def state_of(answer: PanelAnswer) -> State:
    """What is known of one query. One that is wrong is not excused: it can never give data."""
    query = answer.query
    if query.wrong or answer.refused:
        return State.BROKEN
    if answer.has_data:
        return State.SHOWN
    if answer.error:
        return State.UNKNOWN
    if query.excused:
        return State.EXCUSED
    if query.unasked:
        return State.NOT_ASKED if query.stand_in else State.UNKNOWN
    return State.BROKEN


def seen(answers: Iterable[PanelAnswer]) -> list[PanelSeen]:
    """Every panel that has queries, with its answers; these come panel by panel."""
    groups = itertools.groupby(answers, lambda one: (one.query.dashboard, one.query.number))
    found = [tuple(group) for _, group in groups]
    return [PanelSeen(of[0].query.dashboard, of[0].query.panel, of) for of in found]


def coverage(panels: Sequence[PanelSeen]) -> dict[str, Any]:
    """What `run.json` says of the panels: in all, and by dashboard."""
    by: dict[str, list[PanelSeen]] = {}
    for panel in panels:
        by.setdefault(panel.dashboard, []).append(panel)
    return {
        "summary": _text(panels),
        "dashboards": len(by),
        **_numbers(panels),
        "by": [{"dashboard": uid, **_numbers(of)} for uid, of in by.items()],
    }


def _numbers(panels: Sequence[PanelSeen]) -> dict[str, Any]:
    states = Counter(panel.state for panel in panels)
    good = states[State.SHOWN] + states[State.EXCUSED]
    return {
        "panels": len(panels),
        "with_data": states[State.SHOWN],
        "excused": states[State.EXCUSED],
        "not_asked": states[State.NOT_ASKED],
        "not_known": states[State.UNKNOWN],
        "share": round(good / len(panels), 4) if panels else 0.0,
        "queries": sum(len(panel.answers) for panel in panels),
    }


def _text(panels: Sequence[PanelSeen]) -> str:
    states = Counter(panel.state for panel in panels)
    queries = sum(len(panel.answers) for panel in panels)
    parts = [f"{states[State.SHOWN]} of {len(panels)} panels show data ({queries} queries)"]
    parts += [f"{n} {state}" for state in _ASIDE if (n := states[state])]
    boards = len({panel.dashboard for panel in panels})
    return f"{boards} dashboard{'s' * (boards != 1)}: {', '.join(parts)}"


def panels(
    expected: Grafana,
    provisioned: Provisioned,
    answered: Waited[tuple[PanelAnswer, ...]],
) -> Judgement:
    """Each panel that must be there is, and every query of every panel gives data."""
    if not expected.dashboards and not provisioned.dashboards:
        return skipped(NONE)
    answers = answered.value or ()
    every = seen(answers)
    findings = [Finding(text, PROVISIONING) for text in _absent(expected, provisioned)]
    findings += [Finding(text) for answer in answers for text in _said(answer)]
    asked = sorted((a for a in answers if not a.query.wrong), key=lambda a: a.has_data)
    evidence = [_evidence(one) for one in asked]
    unknown = [one for panel in every for one in panel.answers if state_of(one) is State.UNKNOWN]
    if unknown and not findings:
        first = unknown[0]
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        why = f"{first.query.where}: {first.error or first.query.unasked}{more}"
        return unmeasured(f"{_text(every)}; could not be told: {why}", evidence)
    shown = sum(panel.state is State.SHOWN for panel in every)
    summary = _text(every) + "".join(f"; {text}" for text in _aside(every))
    return conclude(summary, findings, evidence, exercised=shown, waited=answered)


def _absent(expected: Grafana, provisioned: Provisioned) -> Iterator[str]:
    """What must be there, and is not."""
    for wanted in expected.dashboards:
        there = provisioned.dashboard(wanted.uid)
        if there is None:
            yield f"dashboard {wanted.uid} is not there: none of the provisioned files has that uid"
            continue
        titles = Counter(panel.title for panel in there.panels)
        for title in Counter(wanted.panels) - titles:
            yield f"{there.file.name}: panel {title!r} is not there"
        for title in {**wanted.empty, **wanted.needs}:
            if title not in titles:
                yield f"{there.file.name}: panel {title!r}, which may be empty, is not there"


def _said(answer: PanelAnswer) -> Iterator[str]:
    """What is wrong with a query, in the words of the server that refused it."""
    query = answer.query
    if query.wrong:
        yield f"{query.where} {query.wrong}"
    elif answer.refused:
        yield f"{query.where}: {query.source} refuses it: {answer.refused}: {query.text}"
    elif state_of(answer) is State.BROKEN:
        none = f"gives {answer.found.samples} samples, none of them a number"
        what = none if answer.found.samples else "gives no data"
        yield f"{query.where}: {what}: {query.text}"


def _aside(every: Iterable[PanelSeen]) -> Iterator[str]:
    """Which panels show no data for a reason, and why."""
    for panel in every:
        first = next((one for one in panel.answers if not one.has_data), panel.answers[0])
        if panel.state is State.EXCUSED:
            yield f"{panel.title!r} is empty: {first.query.excused}"
        if panel.state is State.NOT_ASKED:
            yield f"{panel.title!r} is not asked: {first.query.unasked}"


def _evidence(answer: PanelAnswer) -> Evidence:
    query = answer.query
    found = answer.found
    got = f"{found.series} series, {found.data} of {found.samples} samples are data"
    observed = answer.refused or answer.error or query.unasked or got
    wanted = EXPECTED if not answer.has_data else observed
    return Evidence(query.where, query.text, observed, wanted, answer.repeat or None)


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
