"""New messages, series that vanished and alerts that began, with what cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smokestack.alerting import RuleSeen
from smokestack.deploys import Began, Families, Labels, Lines, Windows
from smokestack.judge import deploy_messages, deploy_series
from smokestack.judge.deploy_messages import normalised
from smokestack.results import Judgement, Verdict

WINDOWS = Windows(0.0, 1800.0, 1800.0, 2400.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 17 failed after 3.5 s", "order 4 failed after 12 s"),
        (
            "user 6f9619ff-8b86-d011-b42d-00cf4fc964ff is gone",
            "user 1b4e28ba-2fa1-11d2-883f-0016d3cca427 is gone",
        ),
        ("trace 4bf92f3577b34da6a3ce929d0e0e4736 lost", "trace 00f067aa0ba902b7 lost"),
        ('no such column: "price"', 'no such column: "total"'),
        ("cannot open '/tmp/a b'", "cannot open `x`"),
        ("GET /api/v1/orders/3 failed", "GET /api/v1/orders/44 failed"),
        ("at 10.0.0.7:5432", "at 10.0.0.9:5432"),
        ("order # failed", "order 9 failed"),
    ],
)
def test_what_differs_in_each_message_is_masked(one: str, other: str) -> None:
    """Numbers, ids and quoted texts; Loki has masked some of them already."""
    assert normalised(one) == normalised(other)


def test_other_words_make_another_message() -> None:
    """What is left tells them apart."""
    assert normalised("order 7 failed") != normalised("payment 7 failed")


def messages(before: dict[str, int], after: dict[str, int]) -> Judgement:
    """Of one service, with three times as many requests before."""

    def of(found: dict[str, int]) -> dict[Labels, float]:
        return {(("message", text), ("service", "front")): n for text, n in found.items()}

    return deploy_messages.new_errors(Lines(of(before), of(after)), (3000, 1000), WINDOWS)


def test_a_new_message_is_missed() -> None:
    """With how often it came."""
    told = messages({"order 1 failed": 5}, {"order 2 failed": 2, "no such column 'a'": 8})
    assert told.verdict is Verdict.MISSED
    assert told.summary == "new, 8 times: front: no such column <text>"


def test_many_new_messages_are_missed_though_each_came_once() -> None:
    """Together they are no chance: none was only seen before."""
    told = messages({"as ever": 9}, {"as ever": 3, **dict.fromkeys(("a b", "c d", "e f", "g"), 1)})
    assert told.verdict is Verdict.MISSED
    assert len(told.findings) == 4


def test_rare_messages_are_not_called_new() -> None:
    """One of many that come once in a while, as others did before."""
    told = messages({"a b": 1, "c d": 1, "e f": 1}, {"g h": 1})
    assert told.verdict is Verdict.UNMEASURED
    assert told.summary == "too little to tell whether they are new: front: g h"


def test_the_old_messages_are_met_and_no_traffic_is_unmeasured() -> None:
    """Nothing new in what there was; nothing to be told without requests."""
    assert messages({"a 1": 3}, {"a 2": 1}).verdict is Verdict.MET
    assert messages({}, {}).verdict is Verdict.MET
    nothing = deploy_messages.new_errors(Lines({}, {}), (0, 10), WINDOWS)
    assert nothing.verdict is Verdict.UNMEASURED


ROUTE: Labels = (("method", "GET"), ("route", "/a"))
BARE: Labels = (("method", "GET"),)
QUEUES: tuple[Labels, ...] = ((("queue", "a"),), (("queue", "b"),))
SEEN = Families(
    {
        ("front", "requests_total"): frozenset([ROUTE]),
        ("front", "depth"): frozenset(QUEUES),
        ("front", "starts_total"): frozenset([()]),
    },
    {"front": 2},
)


def vanished(expected: float = 0.0, **changed: frozenset[Labels] | None) -> Judgement:
    """Some families with other label sets, or gone; two gauges."""
    now = dict(SEEN.series)
    for name, sets in changed.items():
        now.pop(("front", name))
        if sets is not None:
            now["front", name] = sets
    gone = {("front", "requests_total"): expected}
    after = Families(now, SEEN.up)
    return deploy_series.series(SEEN, after, gone, {"depth"}, WINDOWS)


def test_all_there_is_met() -> None:
    """The same, with another route: label sets of counters come with use."""
    told = vanished(requests_total=frozenset([(("method", "GET"), ("route", "/b"))]))
    assert told.verdict is Verdict.MET
    assert told.summary == "all 3 metrics of 1 jobs are still there"


@pytest.mark.parametrize(
    ("judgement", "summary"),
    [
        (vanished(depth=None), "front: depth vanished"),
        (vanished(starts_total=None), "front: starts_total vanished"),
        (vanished(20.0, requests_total=None), "front: requests_total vanished"),
        (vanished(requests_total=frozenset([BARE])), "front: requests_total lost its label route"),
        (
            vanished(requests_total=frozenset([()])),
            ("front: requests_total lost its label method, route"),
        ),
        (vanished(depth=frozenset(QUEUES[:1])), 'front: depth{queue="b"} vanished'),
        (
            deploy_series.series(SEEN, replace(SEEN, up={"front": 0}), {}, (), WINDOWS),
            "front: none of its targets answers, so all of it vanished",
        ),
    ],
)
def test_what_vanished_is_named(judgement: Judgement, summary: str) -> None:
    """A family, a label, a label set of a gauge, all of a job."""
    assert judgement.verdict is Verdict.MISSED
    assert judgement.summary == summary


def test_a_counter_that_was_not_needed_since_cannot_be_told() -> None:
    """It has labels, so it comes with its first event, and that was not due."""
    told = vanished(2.0, requests_total=None)
    assert told.verdict is Verdict.UNMEASURED
    assert told.summary.endswith("cannot be told: front: requests_total")


def test_no_series_at_all_are_unmeasured() -> None:
    """Nothing is gone where nothing was."""
    nothing = Families({}, {})
    assert deploy_series.series(nothing, SEEN, {}, (), WINDOWS).verdict is Verdict.UNMEASURED
    assert deploy_series.series(SEEN, nothing, {}, (), WINDOWS).verdict is Verdict.UNMEASURED


RULE = RuleSeen(
    "Errors", "alerting", "", 60.0, {}, {}, "inactive", "ok", "", 0.0, 0.0, "", 30.0, ""
)
ERRORS: Labels = (("alertname", "Errors"), ("service", "front"))
OTHER: Labels = (("alertname", "Other"),)


def began(
    before: tuple[Labels, ...] = (),
    after: tuple[Labels, ...] = (),
    pending: tuple[Labels, ...] = (),
    rule: RuleSeen = RULE,
) -> Judgement:
    """What is said of these alerts."""
    seen = Began(frozenset(before), frozenset(after), frozenset(pending))
    return deploy_series.alerts(seen, [rule], WINDOWS)


def test_an_alert_that_began_is_missed() -> None:
    """One that fired before as well did not begin."""
    told = began(before=(OTHER,), after=(OTHER, ERRORS))
    assert told.verdict is Verdict.MISSED
    assert told.summary == 'Errors{service="front"} began to fire'
    assert began(before=(OTHER,), after=(OTHER,)).verdict is Verdict.MET


def test_what_may_yet_fire_is_unmeasured() -> None:
    """A pending one; rules that need longer than the window; no rules."""
    assert began(pending=(ERRORS,)).summary == (
        'pending, and may yet fire: Errors{service="front"}'
    )
    assert began(rule=replace(RULE, duration_s=900.0)).verdict is Verdict.UNMEASURED
    assert began(rule=replace(RULE, type="recording")).verdict is Verdict.UNMEASURED
