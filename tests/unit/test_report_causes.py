"""Checks that say one thing are told as one, first cause first; the rest stand alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smokestack.errors import (
    NoAccess,
    NotReady,
    ObservationError,
    PortTaken,
    ServerExited,
    SmokestackError,
    Unreachable,
)
from smokestack.judge.cause import cause_of
from smokestack.judge.conclude import excused, late_or_lost, unmeasured, untimed
from smokestack.judge.containers import steady
from smokestack.report.causes import Shared, causes
from smokestack.results import Cause, CauseKind, CheckResult, Finding, Judgement, Verdict
from smokestack.samples import Container
from tests.whole_result import check

MISSED, UNMEASURED = Verdict.MISSED, Verdict.UNMEASURED
ENDED = ServerExited("loki ended with exit code -9\n  log: x", server="loki")
DEAF = Unreachable("loki: GET http://l/ready: no connection", server="loki")
CLOSED = NoAccess("loki answered GET /query with status 403: ''", server="loki")


def of(ident: str, error: ObservationError | ServerExited) -> CheckResult:
    """A check that could not be told for an error."""
    judgement = Judgement(UNMEASURED, error.message, cause=cause_of(error))
    return replace(check(ident), judgement=judgement)


def lost(ident: str, signal: str, hop: str, words: str) -> CheckResult:
    """A check that misses something, lost at a hop."""
    cause = Cause(CauseKind.LOST, words, signal=signal, hop=hop)
    findings = (Finding(f"{ident} lacks 3", words),)
    return replace(check(ident), judgement=Judgement(MISSED, ident, findings, cause=cause))


def told(found: list[Shared]) -> list[tuple[str, list[str]]]:
    """Titles, and which checks each explains."""
    return [(one.title, [each.name for each in one.checks]) for one in found]


def test_a_signal_of_which_there_is_too_much_is_told_once() -> None:
    """By what sees it first; a check that sees it alone tells it best."""

    def surplus(ident: str) -> CheckResult:
        judgement = Judgement(MISSED, f"{ident}: 2 times", (Finding(f"{ident}: 2 times"),))
        cause = Cause(CauseKind.SURPLUS, judgement.summary, signal="logs")
        return replace(check(ident), judgement=replace(judgement, cause=cause))

    both = [check("a.missed", MISSED, "one is gone"), surplus("logs.count"), surplus("load.logs")]
    assert told(causes(both)) == [
        ("more logs than requests made", ["logs.count", "load.logs"]),
        ("one is gone", ["a.missed"]),
    ]
    assert told(causes(both[:2]))[1] == ("logs.count: 2 times", ["logs.count"])


def test_nothing_is_wrong() -> None:
    """What is met or skipped has no cause."""
    assert causes([check("a.met"), check("a.skipped", Verdict.SKIPPED, "no such thing")]) == []


def test_a_server_that_ended_explains_all_that_asked_it() -> None:
    """Also what met a closed port before its end was known: told once, first."""
    found = causes(
        [
            check("a.missed", MISSED, "one is gone"),
            of("logs.count", DEAF),
            of("logs.identity", ENDED),
            of("alerts.fires", ENDED),
            of("traces.count", Unreachable("tempo: no answer", server="tempo")),
        ]
    )
    assert told(found) == [
        ("loki ended", ["logs.count", "logs.identity", "alerts.fires"]),
        ("tempo cannot be reached", ["traces.count"]),
        ("one is gone", ["a.missed"]),
    ]
    assert found[0].told == (DEAF.message, "loki ended with exit code -9")
    assert (found[0].server, found[0].verdict, found[0].kind) == ("loki", UNMEASURED, "ended")


def test_what_to_do_is_told_by_whoever_knows_it() -> None:
    """Not every check that could not ask keeps the hint: the first that has it tells it."""
    hinted = Judgement(UNMEASURED, "x", (Finding("next: mend it"),), cause=cause_of(DEAF))
    [found] = causes([of("a.one", DEAF), replace(check("a.two"), judgement=hinted)])
    assert (found.first.id, found.telling.id) == ("a.one", "a.two")


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (CLOSED, "loki does not let us ask"),
        (DEAF, "loki cannot be reached"),
        (PortTaken("loki ended 0.1 s after the start", server="loki"), "loki ended"),
        (
            NotReady("loki did not become ready in 60 s", server="loki"),
            "the stack did not come up: loki did not become ready",
        ),
    ],
)
def test_titles(error: ObservationError | ServerExited, title: str) -> None:
    """In a word what stands in the way of two checks."""
    assert told(causes([of("a.one", error), of("a.two", error)])) == [(title, ["a.one", "a.two"])]


def test_a_signal_lost_at_one_hop_is_one_cause() -> None:
    """By the hop and not its figures; a check that alone misses it tells it best itself."""
    found = causes(
        [
            lost("logs.count", "logs", "collector", "collector accepted 366, exported 256"),
            lost("traces.count", "traces", "collector", "collector accepted 20, exported 3"),
            lost("logs.identity", "logs", "collector", "collector accepted 367, exported 256"),
        ]
    )
    assert told(found) == [
        ("logs lost at collector", ["logs.count", "logs.identity"]),
        ("traces.count", ["traces.count"]),
    ]
    assert [one.is_own for one in found] == [False, True]
    assert found[0].told[0] == "collector accepted 366, exported 256"


def test_what_was_found_at_one_place_is_no_common_cause() -> None:
    """Two findings on one server may have nothing to do with each other."""
    red = [
        replace(check(f"a.{n}"), judgement=Judgement(MISSED, n, (Finding(n, "collector"),)))
        for n in ("one", "two")
    ]
    assert [names for _, names in told(causes(red))] == [["a.one"], ["a.two"]]


def test_times_that_cannot_be_told_are_one_cause() -> None:
    """Whatever the figures are, and whoever says so; what is missed comes before."""
    missed = Judgement(MISSED, "late", (Finding("late", "hop"),))
    judged = [
        untimed("9 of 30 scrapes failed", "it came late"),
        excused(missed, "10 of 31 scrapes failed"),
        late_or_lost(missed, "the clock was set"),
    ]
    red = [replace(check(f"a.{n}"), judgement=one) for n, one in enumerate(judged)]
    found = causes([*red, check("b.missed", MISSED, "gone"), check("c.odd", UNMEASURED, "odd")])
    assert told(found) == [
        ("gone", ["b.missed"]),
        ("times cannot be told", ["a.0", "a.1", "a.2"]),
        ("odd", ["c.odd"]),
    ]
    assert found[1].told == (
        "9 of 30 scrapes failed",
        "10 of 31 scrapes failed",
        "the clock was set",
    )
    assert judged[0].summary == "timing cannot be told: 9 of 30 scrapes failed; it came late"
    assert judged[2].findings == missed.findings


def test_the_rest_stands_alone_unless_it_is_the_same_word_for_word() -> None:
    """Same verdict, summary and findings: one. Each check is in exactly one cause."""
    red = [
        check("a.one", UNMEASURED, "nothing there"),
        check("a.two", MISSED, "one is gone"),
        check("a.three", UNMEASURED, "nothing there"),
        check("a.four", MISSED, "nothing there"),
    ]
    found = causes(red)
    assert [names for _, names in told(found)] == [["a.two"], ["a.four"], ["a.one", "a.three"]]
    assert all(one.is_own for one in found)


def test_cause_of_an_error_that_was_raised_from_another() -> None:
    """Who adds a hint to an error does not hide which server it is about."""
    try:
        try:
            raise DEAF
        except Unreachable as error:
            raise ObservationError("the amount was not set") from error
    except ObservationError as error:
        wrapped = error
    assert cause_of(wrapped) == Cause(CauseKind.UNREACHABLE, DEAF.message, "loki")
    assert unmeasured(wrapped).cause == cause_of(wrapped)


@pytest.mark.parametrize(
    "error",
    [ObservationError("odd"), Unreachable("nobody"), SmokestackError("x", server="loki")],
)
def test_errors_that_say_nothing_of_others(error: SmokestackError) -> None:
    """Without a server, or about no more than one question, there is no common cause."""
    assert cause_of(error) is None


def test_a_container_that_ended_is_the_cause_of_what_could_not_ask_it() -> None:
    """The check that misses it and those that cannot be told without it are one; two that ended
    are not each other's cause.
    """
    loki = Container("loki", "grafana/loki", None, None, ends=("ended with exit code 137",))
    tempo = replace(loki, service="tempo")
    missed = replace(check("containers.steady"), judgement=steady([loki]))
    assert told(causes([of("logs.count", ENDED), missed])) == [
        ("loki ended", ["logs.count", "containers.steady"])
    ]
    assert steady([loki, tempo]).cause is None
    assert steady([replace(loki, ends=())]).cause is None
