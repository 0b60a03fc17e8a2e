"""What report.html says of a run: only what the run itself has, whatever the texts are."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from smokestack.errors import UsageError
from smokestack.report import html
from smokestack.report.html import boards, charts, figures, page, pictures
from smokestack.report.html.checks import attention, skipped, suites
from smokestack.report.html.drawing import cleaned
from smokestack.report.html.proven import proofs
from smokestack.report.html.words import LONGEST, amount, clean, number, seconds, slug
from smokestack.report.questions import question
from smokestack.results import (
    CheckResult,
    Evidence,
    Finding,
    Judgement,
    LoadInfo,
    Measurement,
    OverTime,
    RunResult,
    StatusCounts,
    Verdict,
)
from tests.whole_result import check, checked, rich


def test_the_same_result_gives_the_same_page() -> None:
    """It is a function of the model: no clock, no order of its own."""
    assert html.render(rich()) == html.render(rich())


def test_proves_only_what_the_run_has() -> None:
    """Each statement is a check's own summary, or a sum; what was not asked is not there."""
    assert proofs(checked()) == []
    found = {one.title: (one.text, one.verdict) for one in proofs(rich())}
    assert found["Sent"] == ("1 request in 1 load", None)
    assert found["Counted"] == ("360 of 360 copies counted", Verdict.MET)
    assert found["Logged"] == ("Loki cannot be asked", Verdict.UNMEASURED)
    assert found["Alerts"][0] == "2 alerts: 1 true time, 0 lived through and 1 simulated"
    assert found["Overhead"] == ("tracing p95: 0.21 ms ± 0.03, 5 ms allowed", Verdict.MET)
    assert "Traced" not in found


def test_a_figure_over_its_bound_is_no_verdict_of_the_page() -> None:
    """Verdicts are the checks' alone."""
    over = Measurement("overhead.tracing", 9.0, "ms", 5.0, (8.0, 10.0))
    unbounded = Measurement("overhead.tracing.cpu", 9.0, "ms", None, (8.0, 10.0))
    both = (over, unbounded)
    [cost] = proofs(checked(check("overhead.tracing", Verdict.UNMEASURED, measured=both)))
    assert cost.verdict is Verdict.UNMEASURED


def test_links_of_checks_are_their_ids_and_each_is_there_once() -> None:
    """An id is a link for ever; several uses have one each, and clashing subjects a number."""
    [suite] = suites(
        [check("a.one"), check("a.two", subject="x y"), check("a.two", subject="x/y")], 5
    )
    assert [(f.link, [s.link for s in f.shown]) for f in suite.families.values()] == [
        ("a.one", ["a.one"]),
        ("a.two", ["a.two:x-y", "a.two:x-y-2"]),
    ]
    text = html.render(rich())
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_checks_with_one_cause_are_told_once() -> None:
    """Missed before unmeasured, each with all that have the same summary and findings."""
    red = [
        check("a.one", Verdict.UNMEASURED, "Loki is down"),
        check("a.two", Verdict.MISSED, "one is gone"),
        check("a.three", Verdict.UNMEASURED, "Loki is down"),
        check("a.four"),
        check("a.five", Verdict.SKIPPED, "no such thing"),
    ]
    shown = [one for suite in suites(red, 5) for one in suite.shown]
    assert [[one.name for one in group.shown] for group in attention(shown)] == [
        ["a.two"],
        ["a.one", "a.three"],
    ]
    assert list(skipped(shown)) == ["no such thing"]


def test_a_large_run_stays_within_the_limit() -> None:
    """1,000 findings in each of many checks: fewer are shown, and it says how many more."""
    judgement = Judgement(
        Verdict.MISSED,
        "many are gone",
        tuple(Finding(f"request {n} {'is gone ' * 20}") for n in range(1000)),
        tuple(Evidence("count", f"sum(x{n})" * 40, "0", "1", "curl") for n in range(60)),
    )
    many = tuple(CheckResult(f"a.c{n}", "a", "", 0.1, judgement) for n in range(200))
    text = html.render(checked(*many))
    assert len(text.encode()) < page.LARGEST
    assert "and 990 more, in run.json" in text


def test_a_full_disk_has_a_message(tmp_path: Path) -> None:
    """What cannot be written is named, with what to do next."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"report\.html cannot be written: ") as raised:
        html.write(checked(), tmp_path / "file")
    assert "smokestack report run.json --format html" in str(raised.value)


def test_a_chart_that_cannot_be_drawn_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is there without it, and names why."""

    def broken(*_: object) -> str:
        raise ValueError("no engine here\nat line 1")

    monkeypatch.setattr(pictures, "draw", broken)
    text = html.render(rich())
    assert "this chart could not be drawn: no engine here" in text
    assert "<figure>" not in text


def test_drawings_are_of_known_parts_only() -> None:
    """Whatever a drawing has beside shapes and texts is dropped."""
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5" viewBox="0 0 10 5" '
        'onload="x()"><script>x()</script><a href="javascript:x()"><text>in</text></a>'
        '<g fill="url(http://there)" class="c"><text onclick="x()" fill="red">&lt;b&gt;</text></g>'
        "<image href='http://there'/></svg>"
    )
    assert cleaned(drawn, 'a "name" <x>') == (
        '<svg viewBox="0 0 10 5" role="img" aria-label="a &quot;name&quot; &lt;x&gt;" '
        'style="max-width:10px"><g><text fill="red">&lt;b&gt;</text></g></svg>'
    )
    with pytest.raises(ValueError, match="the chart is no SVG"):
        cleaned("<svg>", "x")


def test_traffic_is_on_the_clock_of_the_run() -> None:
    """Loads are summed by kind of answer and by second since the run began."""
    counts = (StatusCounts(None, (0, 1)), StatusCounts(200, (5, 3)), StatusCounts(201, (1, 0)),
              StatusCounts(503, (0, 2)))  # fmt: skip
    load = LoadInfo("l", "s", 104.2, 2.0, 12, None, 6.0, over_time=OverTime(1.0, counts))
    rows = charts.sent([load, load], 100.0)
    assert [(row["kind"], row["start"], row["count"]) for row in rows] == [
        ("answered below 400", 4, 12),
        ("answered below 400", 5, 6),
        ("no answer", 5, 2),
        ("server error, 5xx", 5, 4),
    ]


def test_figures_are_where_they_belong() -> None:
    """Hops of alerts, SLOs, latencies; everything else, whatever it is called, is a figure."""
    result = rich()
    assert set(figures.hops(result)["HighErrorRate"]) == set(figures.HOPS)
    [slo] = figures.objectives(result.measurements)
    assert (slo.name, slo.whose) == ("orders", ["client", "prometheus"])
    assert [row["name"] for row in figures.wholes(result)] == ["logs"]
    assert [one.name for one in figures.others(result)] == [
        "m",
        "overhead.tracing.p95",
        "resources.loki.memory",
    ]


def test_hops_begin_where_half_had_the_one_before_behind_them() -> None:
    """One that is part of another begins with it; of one that nobody tells there is no bar."""

    def hop(name: str, p50: float | None, p95: float | None, part_of: str | None = None) -> object:
        return SimpleNamespace(name=name, p50_s=p50, p95_s=p95, part_of=part_of)

    hops = [hop("read", 1.0, 2.0), hop("sent", 3.0, 4.0), hop("stored", 0.5, 0.6, "sent"),
            hop("batch", None, None, "sent"), hop("seen", 1.0, 1.0)]  # fmt: skip
    rows = figures.hop_rows(SimpleNamespace(hops=hops))
    assert [(row["name"], row["start"], row["half"], row["end"]) for row in rows] == [
        ("read", 0.0, 1.0, 2.0),
        ("sent", 1.0, 4.0, 5.0),
        ("of it stored", 1.0, 1.5, 1.6),
        ("seen", 4.0, 5.0, 5.0),
    ]


def test_bars_end_at_one_and_a_half_times_their_bound() -> None:
    """A figure far over its bound neither hides the others nor is told wrongly."""
    chart = charts.budgets([Measurement("r.x", 700.0, "MiB", 7.0, (1.0, 900.0))], ["x"])
    [row] = chart["data"]["values"]
    assert row["share"] == row["high"] == charts.WIDEST
    assert row["label"] == "700 MiB of 7 MiB: over"


def test_panels_are_drawn_with_what_they_showed() -> None:
    """A line, a number, how much there is, or why there is nothing."""

    def panel(state: str, data: int, *series: list[list[float]]) -> dict[str, object]:
        return {"panel": "p", "state": state, "data": data, "series": series}

    cells = boards.board([
        panel("shows data", 4, [[0, 1], [2, 3]], [[0, 5], [2, 5]]),
        panel("shows data", 2, [[0, 0.5]], [[0, 7]]),
        panel("shows data", 1200),
        panel("broken", 0),
    ])["vconcat"][0]["hconcat"]  # fmt: skip
    assert len(cells[0]["data"]["values"]) == 4
    assert cells[0]["encoding"]["y"]["scale"]["domain"] == [0, 5]
    told = [cell["data"]["values"][0]["told"] for cell in cells[1:]]
    assert told == ["0.5 and 1 more", "1,200 entries", "broken"]


def test_panels_stand_where_grafana_has_them() -> None:
    """Beside each other, below each other, and over the whole width, each as large as it is there;
    one by one in rows where the file does not say.
    """

    def panel(name: str, *place: int) -> dict[str, object]:
        at = dict(zip("xywh", place, strict=True)) if place else None
        return {"panel": name, "state": "broken", "data": 0, "series": [], "at": at}

    tall, above, below = (0, 0, 12, 16), (12, 0, 12, 8), (12, 8, 12, 8)
    drawn = boards.board([
        panel("whole width", 0, 16, 24, 8),
        panel("below", *below), panel("above", *above), panel("tall", *tall),
    ])  # fmt: skip
    beside, whole = (band["hconcat"] for band in drawn["vconcat"])
    assert [one["title"]["text"] for one in whole] == ["whole width"]
    assert beside[0]["title"]["text"] == "tall"
    assert [one["title"]["text"] for one in beside[1]["vconcat"]] == ["above", "below"]
    right = beside[1]["vconcat"]
    assert beside[0]["height"] == sum(one["height"] for one in right) + boards.BELOW
    assert whole[0]["width"] == beside[0]["width"] + right[0]["width"] + boards.BESIDE
    rows = boards.board([panel(str(n)) for n in range(6)])["vconcat"]
    assert [len(row["hconcat"]) for row in rows] == [4, 2]


def test_texts_are_clean() -> None:
    """Control characters and those that turn the direction are spelled out; length has an end."""
    assert clean("a\x1b[31m\u202eb\u2069\x00") == r"a\x1b[31m\u202eb\u2069\x00"
    assert clean("שלום") == "שלום"
    assert clean("x" * (LONGEST + 1)).endswith(f"… ({LONGEST + 1} characters)")


def test_figures_read_as_people_write_them() -> None:
    """With thousands apart, three digits that count, and a share in percent."""
    assert [number(n) for n in (20050, 0.2134, 0.00042, 1234.5)] == [
        "20,050", "0.213", "0.00042", "1,234"]  # fmt: skip
    assert amount(0.99951, "share") == "99.951%"
    assert amount(148201472, "B") == "141 MiB"
    assert [seconds(s) for s in (0.0125, 3.14, 245)] == ["12 ms", "3.1 s", "4 min 5 s"]
    assert slug("alerts.fires", "a b/ü") == "alerts.fires:a-b-"


def test_question_is_the_first_sentence_of_the_page(tmp_path: Path) -> None:
    """Without a page there is none, and an id that is no file name is no error."""
    (tmp_path / "a.b.md").write_text("# a.b\n\nIs `x`\nthere?\n\n## More\n", encoding="utf-8")
    assert question(tmp_path, "a.b") == "Is x there?"
    assert question(tmp_path, "a.c") == ""
    assert question(tmp_path, "a\x00b") == ""


def test_rendering_twice_shares_nothing() -> None:
    """One result's page has nothing of another's."""
    html.render(rich())
    assert "HighErrorRate" not in html.render(RunResult("r", 0.0, 1.0, "other", "real"))
