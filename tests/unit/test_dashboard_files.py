"""Files of dashboards and data sources, as people write and export them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from smokestack.errors import ConfigError
from smokestack.observe.dashboard_files import read_dashboards, read_sources
from smokestack.panels import DashboardFile, Place, Target

LOKI = {"type": "loki", "uid": "loki"}
TARGET = {"refId": "A", "expr": "up", "datasource": {"type": "prometheus", "uid": "prometheus"}}


def model(*panels: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A dashboard's JSON model."""
    return {"uid": "one", "title": "One", "panels": list(panels), **more}


def read(folder: Path, data: Any) -> DashboardFile:
    """A dashboard, read from its file."""
    file = folder / "one.json"
    file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return read_dashboards([file])[0]


def panel(title: str = "P", **more: Any) -> dict[str, Any]:
    """A panel with one query."""
    return {"id": 1, "title": title, "type": "timeseries", "targets": [TARGET], **more}


def test_rows_are_opened(tmp_path: Path) -> None:
    """A folded row has its panels inside; an open one has them behind it."""
    folded = {"type": "row", "repeat": "service", "panels": [panel("inside")]}
    found = read(
        tmp_path, model(folded, {"type": "row", "repeat": "job"}, panel("behind", repeat="x"))
    )
    assert [(p.title, p.repeat) for p in found.panels] == [
        ("inside", ("service",)),
        ("behind", ("job", "x")),
    ]


def test_a_panel_stands_where_its_file_says(tmp_path: Path) -> None:
    """Where it says it whole."""
    found = read(
        tmp_path,
        model(
            panel(gridPos={"x": 12, "y": 8, "w": 12, "h": 9}),
            panel(gridPos={"w": 12, "h": 9}),
            panel(),
        ),
    )
    assert [one.place for one in found.panels] == [Place(12, 8, 12, 9), None, None]


def test_targets_have_their_own_data_source(tmp_path: Path) -> None:
    """Of a mixed panel each target names one; else the panel's own holds, or the default."""
    mixed = panel(
        datasource={"uid": "-- Mixed --"},
        targets=[TARGET, {"expr": "x", "datasource": LOKI}, {"expr": "y"}],
    )
    plain = panel(datasource=LOKI, targets=[{"expr": "x", "queryType": "instant"}])
    first, second = read(tmp_path, model(mixed, plain)).panels
    assert [t.source for t in first.targets] == ["prometheus", "loki", ""]
    assert [t.ref for t in first.targets] == ["A", "B", "C"]
    assert second.targets == (Target("A", "loki", "x", instant=True, mode="instant"),)


def test_a_hidden_target_is_asked_only_for_an_expression(tmp_path: Path) -> None:
    """Grafana does not send it else."""
    hidden = {**TARGET, "hide": True}
    sums = {"refId": "B", "datasource": {"uid": "__expr__"}, "expression": "$A * 2"}
    first, second = read(
        tmp_path, model(panel(targets=[hidden]), panel(targets=[hidden, sums]))
    ).panels
    assert first.targets == ()
    assert [t.source for t in second.targets] == ["prometheus", "__expr__"]


def test_variables(tmp_path: Path) -> None:
    """The values that a viewer sees first, and those of All."""
    listed = [
        {"name": "a", "type": "query", "multi": True, "current": {"value": ["x", "y"]}},
        {"name": "b", "type": "custom", "query": "One : 1, Two : 2", "includeAll": True,
         "current": {"value": "$__all"}},
        {"name": "c", "type": "constant", "query": "c1"},
        {"name": "d", "type": "interval", "query": "1m,5m"},
        {"name": "ds", "type": "datasource", "query": "prometheus"},
        {"name": "e", "type": "query", "query": {"query": "label_values(x)"}},
    ]  # fmt: skip
    found = read(tmp_path, model(templating={"list": listed})).variables
    assert found["a"].values == ("x", "y")
    assert (found["b"].values, found["b"].options) == (("$__all",), ("1", "2"))
    assert found["b"].many
    assert [found[name].values for name in "cde"] == [("c1",), ("1m",), ()]
    assert found["ds"].query == "prometheus"


def test_links_of_a_panel_and_of_its_points(tmp_path: Path) -> None:
    """All three places."""
    config = {
        "defaults": {"links": [{"url": "/b"}]},
        "overrides": [{"properties": [{"id": "links", "value": [{"url": "/c"}]}, {"id": "unit"}]}],
    }
    found = read(tmp_path, model(panel(links=[{"url": "/a"}, {}], fieldConfig=config)))
    assert found.panels[0].links == ("/a", "/b", "/c")


@pytest.mark.parametrize(
    ("time", "seconds"), [("now-30m", 1800.0), ("now/d", 21600.0), (None, 21600.0)]
)
def test_time_range(tmp_path: Path, time: str | None, seconds: float) -> None:
    """What cannot be read is Grafana's default of 6 hours."""
    more = {"time": {"from": time, "to": "now"}} if time else {}
    assert read(tmp_path, model(**more)).range_s == seconds


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ('{\n "uid": "a",\n}', "not JSON: ", 3),
        ('{"title": "x"}', "this dashboard has no uid", 1),
        ('{"dashboard": {"uid": "a"}}', "this dashboard has no uid", 1),
        ("[]", "this dashboard has no uid", 1),
        ('{"uid": "a", "panels": [1]}', "not the model of a dashboard", None),
    ],
)
def test_what_is_no_dashboard(tmp_path: Path, text: str, said: str, line: int | None) -> None:
    """It is said with file and, where it is known, line."""
    with pytest.raises(ConfigError, match=said) as caught:
        read(tmp_path, text)
    assert (caught.value.file.name, caught.value.line) == ("one.json", line)


def test_two_of_one_uid(tmp_path: Path) -> None:
    """Grafana would show one of them."""
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file in files:
        file.write_text(json.dumps(model(), indent=1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"b\.json:2: its uid 'one' is that of .*a\.json too"):
        read_dashboards(files)


def test_data_sources_lead_to_others(tmp_path: Path) -> None:
    """By exemplars, derived fields, and links from traces."""
    file = tmp_path / "sources.yml"
    file.write_text(
        """
apiVersion: 1
datasources:
  - {name: P, uid: p, type: prometheus, isDefault: true,
     jsonData: {timeInterval: 30s, exemplarTraceIdDestinations: [{name: t, datasourceUid: t}]}}
  - {name: L, uid: l, type: loki, jsonData: {derivedFields: [{name: x, datasourceUid: t},
     {name: y, url: "http://x"}]}}
  - {name: T, uid: t, type: tempo, jsonData: {tracesToLogsV2: {datasourceUid: l},
     serviceMap: {datasourceUid: p}}}
  - {name: N, type: loki}
""",
        encoding="utf-8",
    )
    prometheus, loki, tempo, plain = read_sources([file])
    assert (prometheus.default, prometheus.step, plain.uid) == (True, "30s", "N")
    leads = [sorted(one.leads_to) for one in (prometheus, loki, tempo, plain)]
    assert leads == [["t"], ["t"], ["l", "p"], []]
