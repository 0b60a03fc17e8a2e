"""Where the pipeline begins to lose: steps, and the answer that follows from them."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from smokestack.errors import UsageError
from smokestack.judge import limits as judge
from smokestack.judge.limits import Came, Found, Step
from smokestack.judge.load import Limit
from smokestack.limits import Stepping
from smokestack.pressure import Effort, Pressure, Queue
from smokestack.report import limits as report
from smokestack.results import Finding, Judgement, Verdict
from tests.unit.test_judge_load import BEHIND, CALM, DISCARDED, GENERATOR, RETRIED, info, ledger

MET = Judgement(Verdict.MET, "all there")
LOST = Judgement(
    Verdict.MISSED, "front: expected 10 logged, seen 4 (-6)", (Finding("x", "after the last hop"),)
)
PRESSURE = Pressure((RETRIED, DISCARDED), (Queue("collector", "otlp_http", 30, 1000, 1.0),))


def step(logs: Judgement = MET, effort: Effort = CALM, reached: float = 10.0) -> Step:
    """A step at 10 requests a second."""
    signals = {"metrics": MET, "logs": logs}
    sent = ledger() if reached == 10 else BEHIND
    return judge.step(info(reached), sent, 10.0, effort, signals, PRESSURE)


CLEAN = replace(step(), pressure=Pressure())


def test_a_loss_is_told_by_the_hop_that_refused() -> None:
    """Its own word, count and reason first; what others did about it after."""
    found = step(LOST)
    assert found.came is Came.LOST
    [loss] = found.losses
    assert (loss.signal, loss.where) == (
        "logs",
        "loki discarded 312 lines: rate_limited; collector tried again 4 calls: HTTP 429",
    )
    answer = judge.find([replace(CLEAN, reached=6.6), found], 100, "")
    assert answer.told
    assert (answer.clean, answer.lost, answer.first) == (6.6, 10.0, loss)
    assert answer.summary == (
        "the pipeline loses at 10 requests/s: logs: loki discarded 312 lines: rate_limited; "
        "collector tried again 4 calls: HTTP 429; nothing was lost up to 7/s"
    )


def test_a_loss_that_no_hop_tells_of_is_told_by_the_way() -> None:
    """The first hop that passed on less, as for the ordinary traffic."""
    signals = {"logs": LOST}
    found = judge.step(info(), ledger(), 10.0, CALM, signals, Pressure())
    assert found.losses[0].where == "after the last hop"
    assert "no rate below it was tried" in judge.find([found], 100, "").summary


def test_refused_and_taken_at_last_is_clean_and_said() -> None:
    """Strain is no loss."""
    assert step().came is Came.CLEAN
    assert "loki discarded 312 lines" in step().strain


def test_the_generator_gave_out_first() -> None:
    """An honest end, and no answer about the pipeline."""
    tired = step(effort=Effort(replace(GENERATOR, cpu_s=0.99), 0.7), reached=7.0)
    assert tired.came is Came.SHORT
    answer = judge.find([CLEAN, tired], 100, "")
    assert not answer.told
    assert answer.summary.startswith("not found up to 10/s (reached 7.0 of 10.0 requests/s): ")
    assert "the load generator was the limit" in answer.summary


def test_the_application_gave_out_first() -> None:
    """The pipeline bears what the application can send through it: that is an answer."""
    limit = Limit("application", "the application was the limit: 4 of 4 users waited")
    slow = replace(CLEAN, came=Came.SHORT, reached=7.0, limit=limit, why="reached 7.0 of 10.0")
    answer = judge.find([slow], 100, "")
    assert answer.told
    assert "the application was the limit" in answer.summary


def test_clean_to_the_end_of_rates_or_time() -> None:
    """Both are answers, and each says which it is."""
    assert judge.find([CLEAN], 10.0, "").summary == (
        "nothing was lost up to 10/s, the highest rate that was asked for"
    )
    over = judge.find([CLEAN], 100.0, "its 60 s were over")
    assert (over.told, over.summary) == (True, "nothing was lost up to 10/s; its 60 s were over")


def test_what_is_not_known_is_no_answer() -> None:
    """A load that was killed, a server that could not be asked, and nothing tried at all."""
    killed = judge.find([CLEAN, judge.unknown(20.0, "it was killed by SIGKILL")], 100, "")
    assert (killed.told, killed.clean) == (False, 10.0)
    assert killed.summary == (
        "could not tell at 20/s: it was killed by SIGKILL; nothing was lost up to 10/s"
    )
    unread = step(Judgement(Verdict.UNMEASURED, "loki is gone"))
    assert (unread.came, unread.why) == (Came.UNKNOWN, "logs: loki is gone")
    assert not judge.find([], 100, "its 1 s were over").told


def test_rates_go_up_to_the_highest_and_end_there() -> None:
    """The last step is the highest rate, whatever the growth makes of it."""
    assert Stepping(start=50, growth=2, highest=300).rates() == [50, 100, 200, 300]
    assert Stepping(start=50, growth=2, highest=50).rates() == [50]


@pytest.mark.parametrize(
    ("stepping", "said"),
    [
        (Stepping(growth=1.0), "--growth 1: the rate must grow"),
        (Stepping(growth=11.0), "--growth 11: the rate must grow"),
        (Stepping(start=100, highest=50), "--max-rate 50 is below --start-rate 100"),
    ],
)
def test_steps_that_lead_nowhere_are_refused(stepping: Stepping, said: str) -> None:
    """Before anything is started."""
    with pytest.raises(UsageError, match=said):
        stepping.require()


def test_the_table_and_the_file_say_the_same(tmp_path: Path) -> None:
    """One row a step, with what came of it; the file has all of it."""
    steps = [CLEAN, step(LOST)]
    found: Found = judge.find(steps, 100, "")
    text = StringIO()
    Console(file=text, width=200).print(report.table(steps))
    assert "nothing lost" in text.getvalue()
    assert "logs: front: expected 10 logged, seen 4 (-6) (loki discarded 312 lines" in (
        text.getvalue()
    )
    file = report.write(report.as_data({"run_id": "r"}, steps, found), tmp_path / "r")
    data = json.loads(file.read_text(encoding="utf-8"))
    assert (data["run_id"], data["told"], data["lost_at"]) == ("r", True, 10.0)
    assert data["first"]["signal"] == "logs"
    assert [one["came"] for one in data["steps"]] == ["clean", "lost"]
    assert data["steps"][1]["troubles"][1]["reasons"] == {"rate_limited": 312}
