"""dashboards.panels, grafana.panels: do all panels that must be there show data?"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from smokestack.judge.conclude import conclude, late_or_lost, skipped, unmeasured
from smokestack.judge.grafana import PROVISIONING
from smokestack.panels import PanelAnswer, Provisioned
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system import Grafana
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
        "by": [
            {"dashboard": uid, **_numbers(of), "each": [_picture(one) for one in of]}
            for uid, of in by.items()
        ],
    }


def _picture(panel: PanelSeen) -> dict[str, Any]:
    """What a report draws of a panel: its state, and a little of the data that it shows."""
    drawn = [series for answer in panel.answers for series in answer.found.drawn]
    first = min((at for series in drawn for at, _ in series), default=0.0)
    place = panel.answers[0].query.place
    return {
        "panel": panel.title,
        "state": panel.state.value,
        "data": sum(answer.found.data for answer in panel.answers),
        "series": [
            [[round(at - first, 2), _shortened(value)] for at, value in series] for series in drawn
        ],
        "at": asdict(place) if place else None,
    }


def _shortened(value: float) -> float:
    """Five digits that count: a picture shows no more."""
    return float(f"{value:.5g}")


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
    busy: str | None = None,
) -> Judgement:
    """Each panel that must be there is, and every query of every panel gives data. `busy` is why
    Prometheus may have nothing to show of what happened, if so.
    """
    if not expected.dashboards and not provisioned.dashboards:
        return skipped(NONE)
    answers = answered.value or ()
    every = seen(answers)
    absent = [Finding(text, PROVISIONING) for text in _absent(expected, provisioned)]
    findings = absent + [Finding(text) for answer in answers for text in _said(answer)]
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
    judgement = conclude(summary, findings, evidence, exercised=shown, waited=answered)
    wrong = absent or any(one.query.wrong or one.refused for one in answers)
    return judgement if wrong else late_or_lost(judgement, busy)


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
        for title in {**wanted.empty, **wanted.needs, **dict.fromkeys(wanted.failures)}:
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
