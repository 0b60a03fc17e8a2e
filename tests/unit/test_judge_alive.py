"""alerts.alive: what is not there is named once, with what is there in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from smokestack.alerting import RuleSeen
from smokestack.errors import Unreachable
from smokestack.expressions import read
from smokestack.judge.alive import Asked, Looked, alive
from smokestack.judge.gaps import Expected, Gap, Kind
from smokestack.matchers import Matcher, Selector, matcher_of
from smokestack.results import Judgement, Verdict
from smokestack.samples import ScrapeTarget
from smokestack.wait import Waited
from tests.unit.judged import ALERT

SERIES = (
    {"__name__": "requests_total", "service": "front", "status": "200"},
    {"__name__": "requests_total", "service": "back", "status": "200"},
    {"__name__": "requests_total", "service": "back", "status": "404", "reason": "gone"},
    {"__name__": "info", "service": "front", "version": "1"},
)
DOWN = ScrapeTarget("front", "front:1", "down", "refused", 0.0, 1.0, "http://front")


def matches(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    """Whether a series is what a matcher asks for, as Prometheus decides it."""
    value = labels.get(matcher.label, "")
    if matcher.op in ("=", "!="):
        return (value == matcher.value) == (matcher.op == "=")
    return bool(re.fullmatch(matcher.value, value)) == (matcher.op == "=~")


def number(selector: Selector, series: Iterable[Mapping[str, str]]) -> int:
    """How many series a selector has."""
    return sum(all(matches(m, labels) for m in selector.matchers) for labels in series)


def expected(expr: str, *conditional: str) -> Expected:
    """What must be there of an expression."""
    return Expected(read(expr), frozenset(map(matcher_of, conditional)))


def judged(
    expr: str,
    *conditional: str,
    series: Sequence[Mapping[str, str]] = SERIES,
    there: Mapping[str, Sequence[str]] | None = None,
    **more: Any,
) -> Judgement:
    """The judgement on a rule; `there` is what exists by the label that was asked for."""
    of = expected(expr, *conditional)
    counts = {one: number(one, series) for one in of.questions}
    gaps = of.gaps(counts)
    looked = Looked(
        of,
        Waited(not gaps, counts, 1.0, 0.1, ()),
        60.0,
        {one: Asked(f"count({one})", "curl") for one in counts},
        **{
            "names": {labels["__name__"] for labels in series},
            "there": {gap: (there or {}).get(gap.label, ()) for gap in gaps},
            **more,
        },
    )
    return alive(ALERT, looked)


def said(judgement: Judgement) -> list[str]:
    """The findings of a missed judgement."""
    assert judgement.verdict is Verdict.MISSED
    return [one.detail.removeprefix("Errors: ") for one in judgement.findings]


@pytest.mark.parametrize(
    "expr",
    [
        'sum by (service) (rate(requests_total{status=~"2.."}[5m])) / on (service) info',
        'requests_total{status!="500"} * on (service) group_left (version) info',
        'requests_total{reason!=""} or requests_total{reason=""}',
        'requests_total{nothing=""}',
        "sum by (new) (label_replace(info, 'new', '$1', 'version', '(.*)'))",
        "requests_total / ignoring (version) group_left info",
        '{service="front"} > 0',
        "absent(info) or vector(0)",
    ],
)
def test_a_rule_that_sees_is_met(expr: str) -> None:
    """Every metric, label and value is there; evidence says how many series each has."""
    judgement = judged(expr)
    assert judgement.verdict is Verdict.MET
    assert all(one.observed != "0 series" for one in judgement.evidence if one.expected == "≥ 1")
    assert all(one.repeat for one in judgement.evidence)


def test_a_metric_that_is_not_there_is_the_only_thing_missed() -> None:
    """Of what is not there, neither labels nor values are missed; the nearest name is told."""
    judgement = judged('sum by (service) (rate(request_total{status=~"5.."}[5m])) / request_total')
    assert said(judgement) == ["no series request_total; there is requests_total"]
    assert judgement.findings[0].lost_at is None
    assert judgement.evidence[0].observed == "0 series"
    assert said(judged("zzz")) == ["no series zzz; no name is like it"]


def test_a_metric_that_a_recording_rule_should_make_names_that_rule() -> None:
    """The rule that selects it is not at fault."""
    rule = RuleSeen("a:b", "recording", "x", 0, {}, {}, "", "ok", "", 1.0, 0.1, "g", 1.0, "f")
    (text,) = said(judged("a:b > 5", recorded={"a:b": rule}))
    assert text == (
        "no series a:b; the recording rule of that name in group g makes none: "
        "its expression gives nothing"
    )


def test_a_target_that_is_down_is_where_it_was_lost() -> None:
    """It may have been the one that has the metric."""
    judgement = judged("zzz", down=[DOWN])
    assert judgement.findings[0].lost_at == "scrape: front (front:1) is down"
    assert judged('info{version="2"}', down=[DOWN]).findings[0].lost_at is None


@pytest.mark.parametrize(
    ("expr", "label", "words"),
    [
        ('requests_total{code=~"5.."}', "code", '(code=~"5..")'),
        ('requests_total{code!="500"}', "code", '(code!="500")'),
        ("sum by (code) (requests_total)", "code", "(sum by (code))"),
        ("sum without (code) (requests_total)", "code", "(sum without (code))"),
        ("requests_total and on (code) requests_total", "code", "(on (code))"),
    ],
)
def test_a_label_that_no_series_has_is_missed(expr: str, label: str, words: str) -> None:
    """In a matcher or in a grouping; the labels that there are are told, the nearest alone."""
    (text,) = said(judged(expr, there={label: ["status", "service"]}))
    assert text == (
        f"no series of requests_total has the label {label} {words}; its labels: service, status"
    )
    (text,) = said(judged(expr.replace("code", "statuss"), there={"statuss": ["status", "x"]}))
    assert text.endswith("; there is status")


def test_a_label_is_asked_of_the_series_that_are_selected() -> None:
    """That others of the metric have it does not help."""
    (text,) = said(judged('sum by (reason) (requests_total{service="front"})'))
    assert text.startswith('no series of requests_total{service="front"} has the label reason')


def test_a_label_on_neither_side_is_missed_on_both() -> None:
    """`ignoring` is content with one of them."""
    told = said(judged("requests_total / ignoring (code) group_left info"))
    assert [text.split(" has ")[0] for text in told] == [
        "no series of requests_total", "no series of info",
    ]  # fmt: skip


def test_a_label_that_an_aggregation_left_out_is_missed() -> None:
    """No series can mend that."""
    told = said(judged("sum by (status) (sum by (service) (requests_total))"))
    assert told == ["sum by (status) asks for the label status, which is left out before"]


def test_a_value_that_no_series_has_is_missed() -> None:
    """The matcher that is to blame is told, with the values that there are."""
    told = said(judged('requests_total{service="frnt",status="200"}', there={"service": ["front"]}))
    assert told == ['service="frnt" matches no series of requests_total; values: front']


def test_values_that_never_meet_are_missed() -> None:
    """Each matcher alone has its series."""
    selector = 'requests_total{service="front",status="404"}'
    assert said(judged(selector)) == [
        f"no series matches {selector}; each of its matchers alone does"
    ]
    assert said(judged('{service="none"}')) == ['no series matches {service="none"}']


def test_a_value_that_is_conditional_may_match_nothing() -> None:
    """Its label must be there all the same, and everything else."""
    judgement = judged('requests_total{status=~"5..",service="back"}', 'status=~"5.."')
    assert judgement.verdict is Verdict.MET
    assert 'nothing now, as declared: requests_total{status=~"5.."' in judgement.summary
    told = said(judged('requests_total{code=~"5..",service="b"}', 'code=~"5.."'))
    assert len(told) == 1
    assert "has the label code" in told[0]
    told = said(judged('requests_total{status=~"5..",service="b"}', 'status=~"5.."'))
    assert told == ['service="b" matches no series of requests_total; values: none']


def test_a_metric_that_is_conditional_may_be_absent() -> None:
    """Nothing else is asked of it then, but of what stands beside it."""
    assert judged('absent(failures_total{a="b"})', "failures_total").verdict is Verdict.MET
    told = said(judged("sum by (nil) (failures_total) unless nothing", "failures_total"))
    assert told == ["no series nothing; no name is like it"]


def test_what_is_declared_must_be_used() -> None:
    """Else the declaration outlived what it was made for."""
    judgement = judged("info", 'status=~"5.."', "gone_total")
    assert said(judgement) == [
        '__name__="gone_total" is declared conditional, and its rule has none',
        'status=~"5.." is declared conditional, and its rule has none',
    ]
    assert judgement.findings[0].lost_at == "system.yaml"
    assert said(judged("vector(1)", 'a="b"'))


def test_without_any_series_nothing_is_said_of_the_rule() -> None:
    """A Prometheus that has nothing is not the rule's fault; nor is all well then."""
    for conditional in ((), ("zzz",)):
        judgement = judged("zzz", *conditional, series=())
        assert judgement.verdict is Verdict.UNMEASURED
        assert "Prometheus has no series at all of the last 60 s" in judgement.summary


def test_a_prometheus_that_cannot_be_asked_is_unmeasured() -> None:
    """What was seen before it went away is no answer."""
    of = expected("zzz")
    waited: Waited[Any] = Waited(False, {}, 1.0, 1.0, (), Unreachable("no connection"))
    judgement = alive(ALERT, Looked(of, waited, 60.0, {}))
    assert (judgement.verdict, judgement.summary) == (Verdict.UNMEASURED, "no connection")


def test_a_rule_that_selects_nothing_is_skipped() -> None:
    """`vector(1)` always fires, on purpose: there is nothing to be blind to, and no pass."""
    assert judged("vector(1)").verdict is Verdict.SKIPPED


def test_gaps_are_values() -> None:
    """One cause in two places is one gap."""
    of = expected('sum by (a) (nil{x="1"}) / sum by (a) (nil)')
    gaps = of.gaps({one: number(one, SERIES) for one in of.questions})
    assert gaps == (Gap(Kind.METRIC, Selector((matcher_of("nil"),))),)
