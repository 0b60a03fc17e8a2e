"""grafana.backup: exports are written, read back, and compared with the files."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from smokestack.drive.dashboard_backups import back_up
from smokestack.endpoints import Endpoint
from smokestack.judge.dashboard_backups import backup
from smokestack.observe.dashboard_files import read_dashboards
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.grafana import Grafana as Client
from smokestack.panels import Provisioned
from smokestack.results import Evidence, Judgement, Verdict
from smokestack.system import Grafana

EXPECTED = Grafana.model_validate(
    {"datasources": {}, "dashboards": [{"uid": "app", "title": "App"}], "backup": True}
)
MODEL: dict[str, Any] = {
    "uid": "app",
    "title": "App",
    "refresh": "30s",
    "time": {"from": "now-1h", "to": "now"},
    "templating": {"list": [{"name": "service", "type": "custom", "query": "a,b"}]},
    "panels": [
        {"type": "timeseries", "title": "Rate", "datasource": {"uid": "prometheus"},
         "targets": [{"refId": "A", "expr": "sum(rate(x[5m]))"}]},
    ],
}  # fmt: skip


def judged(folder: Path, export: object, *, status: int = 200) -> Judgement:
    """A backup of a dashboard of which Grafana exports this."""

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/dashboards/uid/app"
        return httpx.Response(status, json={"meta": {}, "dashboard": export})

    file = folder / "app.json"
    file.write_text(json.dumps(MODEL))
    transport = httpx.MockTransport(handler)
    edge = Edge(Endpoint("grafana", "http://g:3000"), calls=CallLog(), transport=transport)
    exported = back_up(Client(edge), ["app"], folder / "backup")
    shipped = Provisioned(read_dashboards([file]), ())
    return backup(EXPECTED, shipped, exported, Evidence("export", "x", "x", "x"))


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """The model with something else at a place."""
    model = copy.deepcopy(MODEL)
    here: Any = model
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = to
    return model


def test_an_export_that_says_the_same(tmp_path: Path) -> None:
    """What Grafana adds when it saves is not compared; the backup can be given to Grafana again."""
    saved = {**changed("panels", 0, "id", to=4), "id": 9, "version": 3, "schemaVersion": 42}
    judgement = judged(tmp_path, saved)
    assert judgement.verdict is Verdict.MET
    assert judgement.summary == "1 of 1 dashboards exported and read back, 1 panels in all"
    assert json.loads((tmp_path / "backup" / "app.json").read_text()) == saved


@pytest.mark.parametrize(
    ("export", "says"),
    [
        (changed("title", to="Other"), "its export has the title Other, its file App"),
        (changed("refresh", to=""), "has the refresh (none), its file 30s"),
        (changed("time", "from", to="now-6h"), "has the time range 21600 s, its file 3600 s"),
        (changed("templating", "list", to=[]), "the variable service is only in its file"),
        (changed("panels", to=[]), "has not the panel 'Rate' as its file has it"),
        (
            changed("panels", 0, "targets", 0, "expr", to="sum(x)"),
            "has not the panel 'Rate' as its file has it (and 1 more)",
        ),
        (changed("uid", to=""), "app.json:1: this dashboard has no uid"),
    ],
)
def test_an_export_that_says_something_else(tmp_path: Path, export: object, says: str) -> None:
    """What differs is named."""
    judgement = judged(tmp_path, export)
    assert judgement.verdict is Verdict.MISSED
    assert says in judgement.summary


def test_a_dashboard_that_is_not_there(tmp_path: Path) -> None:
    """Nothing was exported, and that is no pass."""
    judgement = judged(tmp_path, {}, status=404)
    assert judgement.verdict is Verdict.MISSED
    assert judgement.summary == "dashboard app: it is not there, so it cannot be exported"
