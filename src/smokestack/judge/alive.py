"""alerts.alive: does all that an alert's rule selects exist, so that it is not silently blind?"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from smokestack.alerting import RuleSeen
from smokestack.judge.conclude import conclude, named, skipped, unmeasured
from smokestack.judge.gaps import Counts, Expected, Gap, Kind
from smokestack.matchers import Selector
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import ScrapeTarget
from smokestack.system import Alert
from smokestack.wait import Waited

SHOWN = 8
"""Names and values that a finding shows of those that exist."""
DECLARED = "system.yaml"


@dataclass(frozen=True)
class Asked:
    """How the series of a selector were counted, and a command that does it again."""

    query: str
    repeat: str


@dataclass(frozen=True)
class Looked:
    """What the selectors of an alert's rule matched over a window.

    Where something is lacking: `names` are those of all metrics, `there` has what exists in the
    place of a gap (labels, or values of one), `recorded` the recording rules by what they make,
    `down` the scrape targets that are not up.
    """

    expected: Expected
    counted: Waited[Counts]
    window_s: float
    asked: Mapping[Selector, Asked]
    names: Collection[str] = ()
    there: Mapping[Gap, Collection[str]] = field(default_factory=dict)
    recorded: Mapping[str, RuleSeen] = field(default_factory=dict)
    down: Sequence[ScrapeTarget] = ()


def alive(alert: Alert, looked: Looked, place: str = "") -> Judgement:
    """Every metric, label and value that the loaded rule selects is there, but for what is
    declared conditional; what is declared is used. `place` is file and line of the rule.
    """
    counts, expected = looked.counted.value, looked.expected
    if looked.counted.error or counts is None:
        return unmeasured(looked.counted.error or "Prometheus could not be asked")
    evidence, gaps = list(_evidence(looked, counts)), expected.gaps(counts)
    if counts and not any(counts.values()) and not looked.names:
        text = f"Prometheus has no series at all of the last {looked.window_s:.0f} s"
        return unmeasured(f"{text}: nothing can be said of a rule", evidence)
    name = f"{place}: {alert.alert}" if place else alert.alert
    findings = [Finding(f"{name}: {_words(g, looked)}", _lost_at(g, looked)) for g in gaps]
    findings += [
        Finding(f"{name}: {one} is declared conditional, and its rule has none", DECLARED)
        for one in expected.stale
    ]
    if not counts and not findings:
        return skipped("its rule selects no series, so it can miss none")
    return conclude(
        _summary(looked, counts),
        findings,
        evidence,
        waited=looked.counted,
    )


def _summary(looked: Looked, counts: Counts) -> str:
    selectors = looked.expected.reading.selectors
    there = [one for one in selectors if counts[one]]
    empty = named(str(one) for one in selectors if not counts[one])
    families = named(dict.fromkeys(str(one.family) for one in selectors))
    text = f"selects {families}: {len(there)} of {len(selectors)} selectors have series"
    return f"{text}; nothing now, as declared: {empty}" if empty else text


def _words(gap: Gap, looked: Looked) -> str:
    there = looked.there.get(gap, ())
    match gap.kind:
        case Kind.METRIC:
            return f"no series {gap.of}; {_instead_of_metric(gap, looked)}"
        case Kind.LABEL:
            text = f"no series of {gap.of} has the label {gap.label} ({gap.by})"
            return f"{text}; {_nearest(gap.label, there) or 'its labels: ' + _first(there)}"
        case Kind.VALUE:
            return f"{gap.by} matches no series of {gap.of}; values: {_first(there)}"
        case Kind.TOGETHER:
            alone = "; each of its matchers alone does" if gap.of.metric else ""
            return f"no series matches {gap.of}{alone}"
        case Kind.LEFT_OUT:
            return f"{gap.by} asks for the label {gap.label}, which is left out before"


def _instead_of_metric(gap: Gap, looked: Looked) -> str:
    name = gap.of.metric or ""
    if rule := looked.recorded.get(name):
        why = rule.last_error or "its expression gives nothing"
        return f"the recording rule of that name in group {rule.group} makes none: {why}"
    return _nearest(name, looked.names) or "no name is like it"


def _nearest(name: str, there: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(there))
    return f"there is {', '.join(near)}" if near else ""


def _first(there: Collection[str]) -> str:
    return named(sorted(there), SHOWN) or "none"


def _lost_at(gap: Gap, looked: Looked) -> str | None:
    """A server that cannot be scraped explains a metric that is not there."""
    if gap.kind is not Kind.METRIC or not looked.down:
        return None
    return f"scrape: {named(f'{one.job} ({one.instance}) is {one.health}' for one in looked.down)}"


def _evidence(looked: Looked, counts: Counts) -> Iterator[Evidence]:
    """What was counted, that which is lacking first: the rule's selectors, and what tells why."""
    due = looked.expected.questions
    for one in sorted(due, key=lambda each: not (due[each] and not counts[each])):
        kind = "selector" if one in looked.expected.reading.selectors else "part of it"
        asked, wanted = looked.asked[one], "≥ 1" if due[one] else "any number"
        yield Evidence(kind, asked.query, f"{counts[one]} series", wanted, asked.repeat)
