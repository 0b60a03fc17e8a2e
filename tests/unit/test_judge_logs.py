"""logs.*: every event once, whole, on time and in order; no line is never a pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from smokestack.judge import logs
from smokestack.results import Cause, CauseKind, Judgement, Verdict
from smokestack.samples import LogLine, Series
from tests.unit.judged import AT, EVIDENCE, SYSTEM, WAITED, ledger, line, lines, request

ONE, TWO = request(1), request(2)
SENT = ledger(ONE, TWO)
BACK = {"service_name": "back", "level": "info"}


def identity(found: Sequence[LogLine]) -> Judgement:
    """The judgement on which events arrived."""
    return logs.identity(SYSTEM, SENT, found, EVIDENCE)


@pytest.mark.parametrize("judge", [logs.fields, logs.timestamps], ids=lambda judge: judge.__name__)
def test_without_lines_nothing_can_be_told(judge: object) -> None:
    """No line contradicts anything, and proves nothing."""
    assert callable(judge)
    assert judge(SYSTEM, SENT, [], EVIDENCE).verdict is Verdict.UNMEASURED


def test_no_line_for_a_request_is_lost_by_name() -> None:
    """An empty answer is as many losses as there were events."""
    judged = identity([])
    assert judged.verdict is Verdict.MISSED
    assert len(judged.findings) == 4
    assert "lost, 0 of 1 events" in judged.findings[0].detail


def test_one_lost_and_one_doubled_are_seen_though_the_number_is_right() -> None:
    """Equal counts hide nothing."""
    good = lines([ONE, TWO])
    judged = identity([*good[:3], good[0]])
    assert len(judged.findings) == 2
    text = " ".join(finding.detail for finding in judged.findings)
    assert "front: GET /both (id-1): shipped 2 times" in text
    assert "back: GET /both (id-2): lost" in text


def test_written_twice_is_told_from_shipped_twice() -> None:
    """Two event ids are two events; one id twice is one event on two ways."""
    good = lines([ONE, TWO])
    assert "written 2 times" in identity([*good, line(ONE, event_id="other")]).summary
    assert "shipped 2 times" in identity([*good, line(ONE)]).summary


def test_too_much_alone_is_a_cause_that_other_checks_share() -> None:
    """Not where something is lost as well, or of nobody: that is more than one matter."""
    good, failed = lines([ONE, TWO]), request(1, "/error", status=500)
    error = line(failed, event="exception", level="error")
    twice = identity([*good, line(ONE)])
    assert twice.cause == Cause(CauseKind.SURPLUS, twice.summary, signal="logs")
    assert identity([*good[:3], good[0]]).cause is None
    assert identity([*good, line(ONE), line(request(9))]).cause is None
    assert identity(good).cause is None
    for seen, shared in (([error, error], True), ([], False), ([error], False)):
        judged = logs.error_event(SYSTEM, ledger(failed), seen, EVIDENCE)
        assert (judged.cause is not None) is shared
    key = {"service_name": "front", "method": "GET", "route": "/health", "status": "200"}
    for number, shared in ((2, True), (1, False), (0, False)):
        series, sent = [Series("", key, number, AT)], ledger(request(1, "/health"))
        judged = logs.count(SYSTEM, sent, series, WAITED, EVIDENCE)
        assert (judged.cause is not None) is shared


def test_an_event_of_a_request_that_nobody_sent_is_named() -> None:
    """What the ledger does not have is not ours, but carries our mark."""
    judged = identity([*lines([ONE, TWO]), line(request(9))])
    assert "id-9, which the ledger does not have" in judged.summary


def test_a_request_without_an_answer_may_have_its_event_or_not() -> None:
    """Nobody knows whether the server saw it; two events are too many all the same."""
    unknown = request(3, status=None)
    sent = ledger(ONE, unknown)

    def verdict(*more: LogLine) -> Verdict:
        return logs.identity(SYSTEM, sent, [*lines([ONE]), *more], EVIDENCE).verdict

    assert verdict() is Verdict.MET
    assert verdict(line(unknown)) is Verdict.MET
    assert verdict(line(unknown), line(unknown, event_id="b")) is Verdict.MISSED


def test_no_copy_declared_is_proven_beside_events_that_did_arrive() -> None:
    """A silent route is fine among others; alone it is unmeasured, with an event missed."""
    silent = request(3, "/silent")
    beside = logs.identity(SYSTEM, ledger(ONE, silent), lines([ONE]), EVIDENCE)
    assert beside.verdict is Verdict.MET
    alone = logs.identity(SYSTEM, ledger(silent), [], EVIDENCE)
    assert alone.verdict is Verdict.UNMEASURED
    told = logs.identity(SYSTEM, ledger(silent), [line(silent)], EVIDENCE)
    assert told.verdict is Verdict.MISSED


def test_counting_nothing_that_was_expected_is_missed_and_nothing_of_nothing_unmeasured() -> None:
    """The count alone never makes empty equal empty."""

    def verdict(*requests: object, seen: Sequence[Series] = ()) -> Verdict:
        sent = ledger(*requests)  # type: ignore[arg-type]
        return logs.count(SYSTEM, sent, seen, WAITED, EVIDENCE).verdict

    assert verdict(ONE) is Verdict.MISSED
    assert verdict() is Verdict.UNMEASURED
    assert verdict(request(1, "/silent")) is Verdict.UNMEASURED
    key = {"service_name": "front", "method": "GET", "route": "/health", "status": "200"}
    assert verdict(request(1, "/health"), seen=[Series("", key, 1, AT)]) is Verdict.MET


def test_the_error_event_must_be_an_error_once() -> None:
    """None, two, and one at another level are all missed; without such a request unmeasured."""
    failed = request(1, "/error", status=500)
    good = line(failed, event="exception", level="error")

    def verdict(*found: LogLine) -> Verdict:
        return logs.error_event(SYSTEM, ledger(failed), found, EVIDENCE).verdict

    assert verdict(good) is Verdict.MET
    assert verdict() is Verdict.MISSED
    assert verdict(good, good) is Verdict.MISSED
    assert verdict(line(failed, event="exception", level="warning")) is Verdict.MISSED
    assert logs.error_event(SYSTEM, SENT, [good], EVIDENCE).verdict is Verdict.UNMEASURED


def test_fields_must_be_there_and_say_what_was_sent() -> None:
    """A field that is empty, a status that differs and a label that is not there are findings."""

    def summary(found: LogLine) -> str:
        return logs.fields(SYSTEM, SENT, [found], EVIDENCE).summary

    assert "field 'message' is missing" in summary(line(ONE, message=""))
    assert "status is '404', sent was '200'" in summary(line(ONE, status=404))
    assert "label 'level' is missing" in summary(line(ONE, level=""))
    assert "field service is 'front', label is 'back'" in summary(replace(line(ONE), labels=BACK))


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        pytest.param(ONE.sent_at + 0.2, Verdict.MET, id="within"),
        pytest.param(ONE.ended_at + 0.9, Verdict.MET, id="within the bound"),
        pytest.param(ONE.ended_at + 1.1, Verdict.MISSED, id="late"),
        pytest.param(ONE.sent_at - 1.1, Verdict.MISSED, id="early"),
    ],
)
def test_timestamps_lie_within_the_request_and_the_bound(at: float, verdict: Verdict) -> None:
    """One second off is allowed on either side."""
    assert logs.timestamps(SYSTEM, SENT, [line(ONE, at=at)], EVIDENCE).verdict is verdict


def test_timestamps_of_lines_that_are_not_ours_are_unmeasured() -> None:
    """With no request to compare with there is nothing to be true to."""
    foreign = line(request(9))
    assert logs.timestamps(SYSTEM, SENT, [foreign], EVIDENCE).verdict is Verdict.UNMEASURED


def order(*numbered: tuple[float, object, str]) -> Verdict:
    """The verdict on lines with (time, number, service)."""
    found = [line(ONE, service, at=at, seq=seq) for at, seq, service in numbered]
    return logs.order(SYSTEM, found, EVIDENCE).verdict


def test_numbers_rise_with_time_in_each_service_apart() -> None:
    """Two services count for themselves."""
    assert order((1, 1, "front"), (2, 7, "back"), (3, 2, "front"), (4, 8, "back")) is Verdict.MET
    assert order((1, 2, "front"), (2, 1, "front")) is Verdict.MISSED


def test_a_number_that_stands_still_is_no_order() -> None:
    """The same number at another time is missed; at the same time it is the line shipped twice."""
    assert order((1, 1, "front"), (2, 1, "front")) is Verdict.MISSED
    assert order((1, 1, "front"), (1, 1, "front")) is Verdict.MET


def test_lines_without_numbers_have_no_order_to_be_judged() -> None:
    """Nothing numbered, nothing proven."""
    assert order((1, None, "front"), (2, "x", "front")) is Verdict.UNMEASURED
    assert order() is Verdict.UNMEASURED


HOST = LogLine(AT, {"job": "host", "filename": "a.log"}, "a line", {})
ELSEWHERE = replace(HOST, labels={"job": "host"})


def of_host(lines: Sequence[LogLine], strays: Sequence[LogLine] = ()) -> Judgement:
    """The judgement on a line that was written to a.log."""
    return logs.host("a.log", "filename", lines, strays, WAITED, [EVIDENCE])


def test_a_line_of_the_host_is_there_once() -> None:
    """Under the name of its file, apart from the application's."""
    assert of_host([HOST]).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("lines", "strays", "says"),
    [
        ([], [], "a.log: lost, 0 of 1 lines"),
        ([HOST, HOST], [], "a.log: shipped 2 times, expected 1"),
        ([ELSEWHERE], [], "a.log: label 'filename' is 'missing'"),
        ([HOST], [HOST], "a.log: its line is among the application's"),
        ([], [HOST], "a.log: lost, 0 of 1 lines (and 1 more)"),
    ],
)
def test_a_line_of_the_host_that_is_lost_doubled_or_elsewhere(
    lines: Sequence[LogLine], strays: Sequence[LogLine], says: str
) -> None:
    """Nothing there is never as good as nothing wrong."""
    judged = of_host(lines, strays)
    assert (judged.verdict, judged.summary) == (Verdict.MISSED, says)
