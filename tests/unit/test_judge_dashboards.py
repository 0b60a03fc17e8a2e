"""dashboards.*: which panels show data, what was promised and is not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from smokestack.judge import dashboard_content
from smokestack.judge import dashboards as judge
from smokestack.panels import (
    DashboardFile,
    PanelAnswer,
    PanelFile,
    PanelQuery,
    Place,
    Provisioned,
    SourceFile,
    Tally,
    Target,
    Variable,
)
from smokestack.results import Judgement, Verdict
from smokestack.system import Grafana
from smokestack.wait import Waited

FILE = Path("one.json")
EXPLORE = "/explore?schemaVersion=1&panes="
TO_LOKI = EXPLORE + quote('{"a":{"datasource":"x","queries":[{"datasource":{"uid":"loki"}}]}}')
ERRORS = PanelFile(
    "Errors",
    "timeseries",
    (Target("A", "prometheus", 'x{s="$service"}', exemplar=True),),
    links=(TO_LOKI,),
    ident="1",
)
LINES = PanelFile("Lines", "logs", (Target("A", "loki", "{}"),), ident="2")
BOARD = DashboardFile(
    FILE, "one", "One", "30s", 3600.0, {"service": Variable("service", "query")}, (ERRORS, LINES)
)
SOURCES = (SourceFile(Path("p.yml"), "prometheus", "P", "prometheus", leads_to=frozenset({"t"})),)
PROMISED: dict[str, Any] = {
    "uid": "one",
    "title": "One",
    "refresh": "30s",
    "panels": ["Errors", "Lines"],
    "variables": {"service": "a"},
    "exemplars": ["Errors"],
    "links": {"Errors": "loki"},
}


def grafana(correlations: Any = None, **more: Any) -> Grafana:
    """What must be true."""
    dashboard = {**PROMISED, **more}
    return Grafana.model_validate(
        {"datasources": {}, "dashboards": [dashboard], "correlations": correlations or {}}
    )


def query(number: int = 0, panel: str = "Errors", **more: Any) -> PanelQuery:
    """A query of a panel."""
    return replace(
        PanelQuery("one", FILE, number, panel, "A", "x", "prometheus", "prometheus"), **more
    )


DATA = PanelAnswer(query(), Tally(1, 2, 2))
LINES_DATA = PanelAnswer(query(1, "Lines"), Tally(5, 5, 5))


def panels(
    *answers: PanelAnswer,
    expected: Grafana | None = None,
    board: DashboardFile = BOARD,
    busy: str | None = None,
) -> Judgement:
    """dashboards.panels of these answers."""
    waited = Waited(True, answers, 9.5, 0.2, ())
    return judge.panels(expected or grafana(), Provisioned((board,), ()), waited, busy)


def content(board: DashboardFile = BOARD, expected: Grafana | None = None) -> Judgement:
    """dashboards.content of one dashboard."""
    return dashboard_content.content(expected or grafana(), Provisioned((board,), SOURCES))


def test_every_panel_shows_data() -> None:
    """The summary is the coverage."""
    met = panels(DATA, LINES_DATA)
    assert met.verdict is Verdict.MET
    assert met.summary == "1 dashboard: 2 of 2 panels show data (2 queries)"
    assert (met.allowed_s, met.took_s) == (9.5, 0.2)
    assert all(one.observed == one.expected for one in met.evidence)


def test_each_query_of_a_panel_must_give_data() -> None:
    """One of two is not enough, whichever it is."""
    empty = PanelAnswer(query(ref="B"))
    judged = panels(DATA, empty, LINES_DATA)
    assert judged.verdict is Verdict.MISSED
    assert judged.summary == "one.json: panel 'Errors', query B: gives no data: x"
    assert judged.evidence[0].observed == "0 series, 0 of 0 samples are data"
    assert judge.coverage(judge.seen([DATA, empty, LINES_DATA]))["share"] == 0.5


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PanelAnswer(query(), Tally(1, 3, 0)), "gives 3 samples, none of them a number"),
        (PanelAnswer(query(), refused="parse error at 1:2"), "prometheus refuses it: parse error"),
        (PanelAnswer(query(wrong="is empty")), "panel 'Errors', query A is empty"),
        (
            PanelAnswer(query(excused="quiet"), refused="parse error"),
            "refuses it",  # no reason excuses a query that can never give anything
        ),
    ],
)
def test_what_is_wrong_with_a_query(answer: PanelAnswer, said: str) -> None:
    """File, panel and refId stand before it."""
    judged = panels(answer, LINES_DATA)
    assert judged.verdict is Verdict.MISSED
    assert judged.findings[0].detail.startswith("one.json: panel 'Errors', query A")
    assert said in judged.findings[0].detail


def test_a_panel_may_be_empty_for_a_reason() -> None:
    """It is said, and counts as covered; alone it proves nothing."""
    quiet = PanelAnswer(query(1, "Lines", excused="no errors when healthy"))
    met = panels(DATA, quiet)
    assert met.verdict is Verdict.MET
    assert met.summary == (
        "1 dashboard: 1 of 2 panels show data (2 queries), 1 empty for a reason; "
        "'Lines' is empty: no errors when healthy"
    )
    assert judge.coverage(judge.seen([DATA, quiet]))["share"] == 1.0
    assert panels(quiet).verdict is Verdict.UNMEASURED
    assert panels(DATA, replace(quiet, error="no answer")).verdict is Verdict.UNMEASURED


def test_what_another_server_stands_in_for_is_not_covered() -> None:
    """It spoils nothing, and is said."""
    aside = PanelAnswer(query(1, "Lines", unasked="jaeger stands in for tempo", stand_in=True))
    met = panels(DATA, aside)
    assert met.verdict is Verdict.MET
    assert "1 not asked; 'Lines' is not asked: jaeger stands in for tempo" in met.summary
    assert judge.coverage(judge.seen([DATA, aside]))["share"] == 0.5


@pytest.mark.parametrize(
    "answer",
    [
        PanelAnswer(query(1, "Lines"), error="loki: no answer"),
        PanelAnswer(query(1, "Lines", unasked="library panel 'X'")),
    ],
)
def test_what_could_not_be_told_is_no_pass(answer: PanelAnswer) -> None:
    """A finding elsewhere outweighs it."""
    judged = panels(DATA, answer)
    assert judged.verdict is Verdict.UNMEASURED
    assert judged.summary.startswith(
        "1 dashboard: 1 of 2 panels show data (2 queries), 1 not known; "
    )
    assert panels(PanelAnswer(query()), answer).verdict is Verdict.MISSED


def test_a_machine_that_stood_still_is_no_fault_of_a_panel() -> None:
    """Prometheus may have nothing to show then; what can never show anything is wrong all the
    same.
    """
    busy = "4 of 20 scrapes failed"
    empty = panels(DATA, PanelAnswer(query(ref="B"), Tally(1, 9, 0)), LINES_DATA, busy=busy)
    assert empty.verdict is Verdict.UNMEASURED
    assert busy in empty.summary
    assert "gives 9 samples, none of them a number" in empty.summary
    refused = PanelAnswer(query(), refused="parse error at 1:2")
    assert panels(refused, LINES_DATA, busy=busy).verdict is Verdict.MISSED
    removed = panels(DATA, board=replace(BOARD, panels=(ERRORS,)), busy=busy)
    assert removed.verdict is Verdict.MISSED
    assert panels(DATA, LINES_DATA, busy=busy).verdict is Verdict.MET


def test_what_must_be_there_is_there() -> None:
    """A panel that was removed, a dashboard that was, an excuse for nothing."""
    removed = panels(DATA, board=replace(BOARD, panels=(ERRORS,)))
    assert removed.summary == "one.json: panel 'Lines' is not there"
    stale = panels(DATA, LINES_DATA, expected=grafana(empty={"Gone": "why"}))
    assert stale.summary == "one.json: panel 'Gone', which may be empty, is not there"
    twice = panels(DATA, LINES_DATA, expected=grafana(panels=["Errors", "Errors"]))
    assert twice.summary == "one.json: panel 'Errors' is not there"
    gone = judge.panels(grafana(), Provisioned((), ()), Waited(True, (), 1.0, 0.0, ()))
    assert (gone.verdict, gone.summary.startswith("dashboard one is not there")) == (
        Verdict.MISSED,
        True,
    )


def test_no_dashboard_at_all() -> None:
    """A system need not have any; one whose dashboards are empty was not looked at."""
    none = Grafana.model_validate({"datasources": {}})
    nothing: Waited[tuple[PanelAnswer, ...]] = Waited(True, (), 1.0, 0.0, ())
    assert judge.panels(none, Provisioned((), ()), nothing).verdict is Verdict.SKIPPED
    assert judge.panels(none, Provisioned((BOARD,), ()), nothing).verdict is Verdict.UNMEASURED
    assert dashboard_content.content(none, Provisioned((BOARD,), ())).verdict is Verdict.SKIPPED


def test_coverage_is_counted_by_dashboard() -> None:
    """Panels of one title are two panels, and each dashboard has its own numbers."""
    other = PanelAnswer(query(0, dashboard="two"))
    found = judge.coverage(judge.seen([DATA, PanelAnswer(query(1), Tally(1, 1, 1)), other]))
    assert found["summary"] == "2 dashboards: 2 of 3 panels show data (3 queries)"
    assert (found["panels"], found["with_data"], found["dashboards"]) == (3, 2, 2)
    assert [(one["dashboard"], one["share"]) for one in found["by"]] == [("one", 1.0), ("two", 0.0)]


def test_all_that_was_promised() -> None:
    """The number behind a uid is how much was looked at."""
    met = content(expected=grafana({"prometheus": ["t"]}))
    assert met.verdict is Verdict.MET
    assert met.summary == "what was promised is there: one (6); 1 links between data sources"


@pytest.mark.parametrize(
    ("board", "said"),
    [
        (replace(BOARD, uid="other"), "dashboard one is not there"),
        (replace(BOARD, title="Won"), "its title is 'Won', expected 'One'"),
        (replace(BOARD, refresh=""), "it is refreshed every (never), expected 30s"),
        (replace(BOARD, variables={}), "it has no variable service"),
        (replace(BOARD, panels=(replace(ERRORS, links=()),)), "has no link to loki (0 links"),
        (
            replace(BOARD, panels=(replace(ERRORS, links=("/explore", "/d/none", "%%")), LINES)),
            "panel 'Errors' has no link to loki (3 links in all)",
        ),
        (replace(BOARD, panels=(LINES,)), "panel 'Errors' is not there, or asks nothing"),
    ],
)
def test_what_was_promised_and_is_not_there(board: DashboardFile, said: str) -> None:
    """Each on its own turns the check red."""
    judged = content(board)
    assert judged.verdict is Verdict.MISSED
    assert any(said in finding.detail for finding in judged.findings)


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("$service", True),
        ("$services $service", True),
        ("${service:regex}", True),
        ("[[service]]", True),
        ("$services ${service_b}", False),
    ],
)
def test_a_variable_must_be_used(text: str, *, used: bool) -> None:
    """One that no query names changes nothing when it is chosen."""
    target = Target("A", "prometheus", f"x{{s='{text}'}}", exemplar=True)
    judged = content(replace(BOARD, panels=(replace(ERRORS, targets=(target,)), LINES)))
    assert (judged.verdict is Verdict.MET) is used


def test_exemplars_are_asked_for_by_every_query() -> None:
    """One that does not is named."""
    more = (*ERRORS.targets, Target("B", "prometheus", "y"))
    judged = content(replace(BOARD, panels=(replace(ERRORS, targets=more), LINES)))
    assert judged.summary == "one.json: panel 'Errors', query B asks for no exemplars"


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("/d/one", True),
        ("/d/one/some-name?viewPanel=2", True),
        ("/d/one/some-name?viewPanel=panel-2", True),
        ("/d/one/some-name?viewPanel=1", False),
        ("/d/other", False),
        ("https://grafana.example/explore?left=" + quote('["now-1h","now","x",{}]'), False),
        ("https://grafana.example/explore?left=" + quote('{"datasource":"loki"}'), True),
        (EXPLORE + "{broken", False),
    ],
)
def test_links_lead_to_a_data_source(link: str, *, leads: bool) -> None:
    """Through Explore, or through a panel that asks it."""
    judged = content(replace(BOARD, panels=(replace(ERRORS, links=(link,)), LINES)))
    assert (judged.verdict is Verdict.MET) is leads


def test_data_sources_lead_to_each_other() -> None:
    """Those that are not there, and those that lead elsewhere."""
    judged = content(expected=grafana({"prometheus": ["t", "l"], "loki": ["t"]}))
    assert [finding.detail for finding in judged.findings] == [
        "p.yml: data source prometheus does not lead to l",
        "data source loki is not there",
    ]


def test_coverage_keeps_a_picture_of_each_panel() -> None:
    """On a clock of its own, with five digits; the state is there also where nothing is drawn."""
    drawn = ((10.0, 1.23456789), (12.5, 2.0)), ((11.0, 3.0),)
    found = judge.coverage(judge.seen([PanelAnswer(query(0), Tally(2, 3, 3, drawn))]))
    assert found["by"][0]["each"] == [
        {
            "panel": query(0).panel,
            "state": "shows data",
            "data": 3,
            "series": [[[0.0, 1.2346], [2.5, 2.0]], [[1.0, 3.0]]],
            "at": None,
        }
    ]
    placed = replace(query(0), place=Place(0, 8, 24, 10))
    found = judge.coverage(judge.seen([PanelAnswer(placed, Tally(2, 3, 3, drawn))]))
    assert found["by"][0]["each"][0]["at"] == {"x": 0, "y": 8, "w": 24, "h": 10}
