"""grafana.*: what is there, what leads where, what is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from smokestack.errors import Unreachable
from smokestack.judge import grafana as judge
from smokestack.results import Judgement, Standin, Verdict
from smokestack.samples import Dashboard, DataSource, Panel, Reached, SourceHealth
from smokestack.system import Grafana
from smokestack.wait import Waited

EXPECTED = Grafana.model_validate(
    {
        "datasources": {"prometheus": "prometheus", "tempo": "tempo"},
        "dashboards": [{"uid": "app", "title": "Application", "folder": "Folder"}],
    }
)
WANTED = {"prometheus": "prometheus", "tempo": "jaeger"}
PROMETHEUS = DataSource("prometheus", "Prometheus", "prometheus", default=True, fixed=True)
JAEGER = DataSource("tempo", "Jaeger", "jaeger", fixed=True)
SOURCES = [PROMETHEUS, JAEGER]
OK = SourceHealth("OK", "works")
REQUESTS = Reached("prometheus", "sum(x)", "requests", 7.0, 7.0)
SPANS = Reached("tempo", "trace 1", "spans", 3.0, 3.0)
APP = Dashboard("app", "Application", "Folder", True, (Panel("Rate", ("prometheus",)),), {})
THERE: Waited[Mapping[str, str]] = Waited(True, {"app": "Application"}, 15.0, 0.1, ())


def sources(
    found: list[DataSource] = SOURCES,
    reached: tuple[Reached, ...] = (REQUESTS, SPANS),
    **healths: SourceHealth,
) -> Judgement:
    """grafana.datasources of these observations."""
    told = {"prometheus": OK, "tempo": OK, **healths}
    return judge.datasources(WANTED, found, told, reached, [])


def dashboards(seen: Dashboard | None = APP, there: Waited[Mapping[str, str]] = THERE) -> Judgement:
    """grafana.dashboards of these observations."""
    shown = {seen.uid: seen} if seen else {}
    return judge.dashboards(EXPECTED, there, shown, SOURCES, "")


def test_only_a_database_that_is_ok_is_met() -> None:
    """Grafana's own word for it."""
    assert judge.health("ok", "13.2.3", "").summary == "Grafana 13.2.3, database ok"
    bad = judge.health("failing", "", "")
    assert (bad.verdict, bad.summary) == (Verdict.MISSED, "Grafana's database is failing")


def test_a_stand_in_has_its_own_type() -> None:
    """An image that stands in for another is the same server."""
    jaeger = Standin("jaeger", "tempo", "no tempo")
    image = Standin("prometheus", "prometheus", "assembled", kind="image")
    assert judge.expected_sources(EXPECTED, [jaeger, image]) == WANTED
    assert judge.expected_sources(EXPECTED, [])["tempo"] == "tempo"


def test_only_those_of_the_right_type_are_asked() -> None:
    """What is not there, or is something else, is told as such alone."""
    assert judge.usable(WANTED, SOURCES) == WANTED
    assert judge.usable(WANTED, [PROMETHEUS, replace(JAEGER, type="tempo")]) == {
        "prometheus": "prometheus"
    }


def test_all_data_sources_lead_to_the_run() -> None:
    """The summary says to how much of it."""
    met = sources()
    assert met.verdict is Verdict.MET
    assert met.summary.endswith("this run's data: prometheus 7 requests, tempo 3 spans")
    assert all(one.observed == one.expected for one in met.evidence)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (sources([PROMETHEUS]), "data source tempo (jaeger) is not there"),
        (sources([PROMETHEUS, replace(JAEGER, type="tempo")]), "of type tempo, expected jaeger"),
        (
            sources([*SOURCES, DataSource("loki", "Loki", "loki", fixed=True)]),
            "data source loki (loki) is not in system.yaml",
        ),
        (
            sources(tempo=SourceHealth("plugin.notRegistered", "Plugin not registered")),
            "tempo is not healthy: plugin.notRegistered: Plugin not registered",
        ),
        (
            sources(reached=(replace(REQUESTS, through=None, error="status 502"), SPANS)),
            "data source prometheus could not be asked: status 502",
        ),
        (
            sources(reached=(replace(REQUESTS, through=6.0), SPANS)),
            "gives 6 requests of this run, its server has 7",
        ),
        (
            sources(reached=(REQUESTS, replace(SPANS, through=None))),
            "gives 0 spans of this run, its server has 3",
        ),
    ],
)
def test_what_is_wrong_with_a_data_source(seen: Judgement, said: str) -> None:
    """Each on its own turns the check red, and is said."""
    assert seen.verdict is Verdict.MISSED
    assert said in seen.summary


def test_a_data_source_that_people_made_is_theirs() -> None:
    """Only what comes from a file must be in system.yaml."""
    assert sources([*SOURCES, DataSource("mine", "Mine", "loki")]).verdict is Verdict.MET


@pytest.mark.parametrize("none", [None, 0.0])
def test_nothing_of_the_run_is_no_evidence(none: float | None) -> None:
    """Empty never equals empty; another source that is wrong is missed all the same."""
    empty = replace(SPANS, directly=none, through=none)
    seen = sources(reached=(REQUESTS, empty))
    assert seen.verdict is Verdict.UNMEASURED
    assert "nothing of this run: tempo (spans)" in seen.summary
    assert sources([PROMETHEUS], reached=(empty,)).verdict is Verdict.MISSED


def test_a_system_that_names_nothing_to_ask_is_unmeasured() -> None:
    """No data source, no finding."""
    assert judge.datasources({}, [], {}, [], []).verdict is Verdict.UNMEASURED


def test_a_whole_dashboard() -> None:
    """It is there, from its file, and its panel's data source is."""
    assert dashboards().summary == "1 of 1 dashboards, 1 panels in all"
    assert dashboards().verdict is Verdict.MET


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (None, "dashboard app is not there"),
        (replace(APP, title="App"), "its title is 'App', expected 'Application'"),
        (replace(APP, folder="General"), "in the folder 'General', expected 'Folder'"),
        (replace(APP, provisioned=False), "does not come from a file"),
        (replace(APP, panels=()), "it has no panels"),
        (
            replace(APP, panels=(Panel("Lines", ("prometheus", "loki")),)),
            "panel 'Lines' asks the data source loki, which is not there",
        ),
        (replace(APP, panels=(Panel("Lines", ("$ds",)),)), "stands for no data source"),
        (
            replace(APP, panels=(Panel("Lines", ("$ds",)),), variables={"ds": "loki"}),
            "asks a data source of type loki ($ds), and there is none",
        ),
    ],
)
def test_what_is_wrong_with_a_dashboard(seen: Dashboard | None, said: str) -> None:
    """Each on its own turns the check red, and is said."""
    judged = dashboards(seen)
    assert judged.verdict is Verdict.MISSED
    assert said in judged.summary


def test_panels_lead_to_their_data_source_by_name_default_or_variable() -> None:
    """All of these are ways that Grafana follows."""
    panels = (Panel("a", ("Prometheus",)), Panel("b", ("",)), Panel("c", ("$ds",)), Panel("d", ()))
    whole = replace(APP, panels=panels, variables={"ds": "jaeger"})
    assert dashboards(whole).verdict is Verdict.MET
    nowhere = judge.dashboards(EXPECTED, THERE, {"app": whole}, [JAEGER], "")
    assert {one.detail.partition(": ")[2] for one in nowhere.findings} == {
        "panel 'a' asks the data source Prometheus, which is not there",
        "panel 'b' asks the default data source: none is",
    }


def test_no_dashboard_named_is_skipped_and_none_seen_is_unmeasured() -> None:
    """A system need not have any; a Grafana that does not answer says nothing of them."""
    none = Grafana.model_validate({"datasources": {}})
    assert judge.dashboards(none, THERE, {}, SOURCES, "").verdict is Verdict.SKIPPED
    silent = replace(THERE, met=False, value=None, error=Unreachable("grafana: no answer"))
    assert dashboards(None, silent).verdict is Verdict.UNMEASURED
