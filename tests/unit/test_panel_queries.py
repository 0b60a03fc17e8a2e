"""Which queries the panels of a dashboard ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from smokestack.drive.panel_queries import Planner, at_pace
from smokestack.errors import ConfigError
from smokestack.panels import (
    DashboardFile,
    PanelFile,
    PanelQuery,
    Provisioned,
    SourceFile,
    Target,
    Variable,
)
from smokestack.system import Grafana

FILE = Path("one.json")
SERVICE = Variable("service", "query", ("$__all",), many=True)
SOURCES = (
    SourceFile(FILE, "prometheus", "Metrics", "prometheus", default=True, step="30s"),
    SourceFile(FILE, "loki", "Lines", "loki"),
)
QUERY = Target("A", "prometheus", 'rate(x{s=~"$service"}[$__rate_interval])')


def grafana(**more: Any) -> Grafana:
    """What must be true of one dashboard."""
    kinds = {"prometheus": "prometheus", "loki": "loki", "tempo": "tempo", "jaeger": "jaeger"}
    dashboard = {"uid": "one", "title": "One", **more}
    return Grafana.model_validate({"datasources": kinds, "dashboards": [dashboard]})


def planned(
    *panels: PanelFile,
    expected: Grafana | None = None,
    variables: tuple[Variable, ...] = (SERVICE,),
    uid: str = "one",
) -> list[PanelQuery]:
    """The queries of a dashboard with these panels."""
    expected = expected or grafana(variables={"service": ["a", "b"]})
    board = DashboardFile(FILE, uid, "One", "30s", 3600.0, {v.name: v for v in variables}, panels)
    return Planner(expected, Provisioned((board,), SOURCES), {"tempo": "jaeger"}).queries()


def panel(*targets: Target, **more: Any) -> PanelFile:
    """A panel with these queries."""
    return PanelFile("P", "timeseries", targets, **more)


def test_a_query_is_expanded_with_what_system_yaml_says() -> None:
    """Values from there, intervals from the data source's file."""
    (query,) = planned(panel(QUERY))
    assert query.text == 'rate(x{s=~"(a|b)"}[120s])'
    assert (query.source, query.kind, query.where) == (
        "prometheus",
        "prometheus",
        "one.json: panel 'P', query A",
    )


def test_a_repeated_panel_is_asked_for_each_value() -> None:
    """Each copy has data, or not."""
    queries = planned(panel(QUERY, repeat=("service",)))
    assert [q.text for q in queries] == [f'rate(x{{s=~"{v}"}}[120s])' for v in "ab"]
    assert [q.ref for q in queries] == ["A (service=a)", "A (service=b)"]


@pytest.mark.parametrize(
    ("source", "uid", "kind"),
    [
        ("loki", "loki", "loki"),
        ("Lines", "loki", "loki"),
        ("", "prometheus", "prometheus"),
        ("$ds", "loki", "loki"),
    ],
)
def test_data_sources_are_found(source: str, uid: str, kind: str) -> None:
    """By uid, by name, as the default, by a variable."""
    ds = Variable("ds", "datasource", query="loki")
    (query,) = planned(panel(Target("A", source, "x")), variables=(ds,))
    assert (query.source, query.kind) == (uid, kind)


@pytest.mark.parametrize(
    ("one", "wrong"),
    [
        (panel(Target("A", "logs", "x")), "asks the data source logs, not in system.yaml"),
        (panel(Target("A", "$ds", "x")), "asks the data source $ds, not in system.yaml"),
        (panel(Target("A", "loki", " ")), "is empty"),
        (panel(), "has no query"),
    ],
)
def test_what_is_wrong_without_asking(one: PanelFile, wrong: str) -> None:
    """No server need be asked to know it."""
    (query,) = planned(one)
    assert query.wrong == wrong


@pytest.mark.parametrize(
    ("one", "why", "stand_in"),
    [
        (panel(Target("A", "tempo", "{}")), "jaeger stands in for tempo", True),
        (panel(Target("A", "jaeger", "x")), "queries of Jaeger's own are not asked", False),
        (panel(library="CPU"), "library panel 'CPU': its queries stand elsewhere", False),
    ],
)
def test_what_is_not_asked(one: PanelFile, why: str, *, stand_in: bool) -> None:
    """It is said, and never counts as covered."""
    (query,) = planned(one)
    assert why in query.unasked
    assert query.stand_in is stand_in


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        (Target("A", "tempo", "{}", mode="traceql"), True),
        (Target("A", "tempo", "{} | rate()", mode="traceql"), False),
        (Target("A", "tempo", "x", mode="serviceMap"), False),
    ],
)
def test_of_tempo_searches_are_asked(target: Target, *, asked: bool) -> None:
    """Where no other server stands in for it."""
    board = DashboardFile(FILE, "one", "One", "30s", 3600.0, {}, (panel(target),))
    (query,) = Planner(grafana(), Provisioned((board,), ()), {}).queries()
    assert (query.unasked == "") is asked


def test_what_shows_something_without_a_query_is_not_counted() -> None:
    """Text, and panels that show another panel's data."""
    text, other = PanelFile("T", "text"), panel(Target("A", "-- Dashboard --", ""))
    assert planned(text, other) == []


def test_a_variable_without_a_value() -> None:
    """Of a dashboard in system.yaml it must be said there; another one cannot be asked."""
    with pytest.raises(ConfigError, match="variable service has no value in the file"):
        planned(panel(QUERY), expected=grafana())
    (query,) = planned(panel(QUERY), uid="other")
    assert "has no value" in query.unasked
    assert not query.stand_in


def test_several_values_for_a_variable_of_one() -> None:
    """Grafana has no way to choose them."""
    with pytest.raises(ConfigError, match="takes one value, and is given 2"):
        planned(panel(QUERY), variables=(Variable("service", "query"),))


def test_a_least_interval_that_is_none() -> None:
    """The file is named."""
    with pytest.raises(ConfigError, match=r"panel 'P', query A: interval: not a duration"):
        planned(panel(Target("A", "prometheus", "x", step="often")))


def test_a_panel_may_be_empty_for_a_reason() -> None:
    """Each of its queries knows why."""
    (query,) = planned(panel(Target("A", "loki", "x")), expected=grafana(empty={"P": "no traffic"}))
    assert query.excused == "no traffic"


@pytest.mark.parametrize(
    ("text", "kind", "instant", "asked"),
    [
        ("rate(x[5m] offset 1h)", "prometheus", False, "rate(x[5s] offset 1m)"),
        ("rate(x[5m])", "prometheus", True, "rate(x[5m])"),
        ("time() - max_over_time(x[5m])", "prometheus", False, "time() - max_over_time(x[5m])"),
        ("rate(x[5m]", "prometheus", False, "rate(x[5m]"),
        ('rate({a="b"}[5m])', "loki", False, 'rate({a="b"}[5m])'),
    ],
)
def test_ranges_have_the_pace_of_the_stack(
    text: str,
    kind: str,
    instant: bool,  # noqa: FBT001 - a parameter of the test
    asked: str,
) -> None:
    """Those of range queries of PromQL, where dividing them does not change what they mean."""
    assert at_pace(text, kind, 60.0, instant=instant) == asked
    assert at_pace(text, kind, 1.0, instant=instant) == text


def test_panels_are_asked_at_the_pace_of_the_stack() -> None:
    """Intervals that Grafana fills in are divided too."""
    board = DashboardFile(FILE, "one", "One", "30s", 3600.0, {"service": SERVICE}, (panel(QUERY),))
    expected = grafana(variables={"service": ["a"]})
    (query,) = Planner(expected, Provisioned((board,), SOURCES), {}, 60.0).queries()
    assert query.text == 'rate(x{s=~"a"}[2s])'


def test_what_is_not_promql_is_told_at_its_line(tmp_path: Path) -> None:
    """Before anything is started; of other languages nothing is known here."""
    text = 'sum by (le) (rate(x{a="b"}[5m])'
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"uid": "one", "expr": text}, indent=1), encoding="utf-8")
    broken = panel(Target("A", "prometheus", text))
    board = DashboardFile(file, "one", "One", "30s", 3600.0, {}, (broken,))
    with pytest.raises(ConfigError) as caught:
        Planner(grafana(), Provisioned((board,), SOURCES), {}).queries()
    assert caught.value.message.startswith(f"{file}:3: panel 'P', query A: not PromQL: ")
    (query,) = planned(panel(Target("A", "loki", "{a=")))
    assert not query.wrong
