"""grafana.deployments: an annotation is written, looked for, judged, and taken away."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from smokestack.drive.deployments import mark
from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse
from smokestack.judge.deployments import deployments
from smokestack.observe.dashboards import dashboard_of
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.grafana import Grafana
from smokestack.results import Verdict
from smokestack.samples import AnnotationQuery, DeploymentSeen
from smokestack.system.dashboards import Deployments

EXPECTED = Deployments(tags=("deployment", "shop"), shown_on=("app",))
AT = 1_700_000_000.5
QUERY = {
    "name": "Deployments", "enable": True, "datasource": {"uid": "-- Grafana --"},
    "target": {"type": "tags", "tags": ["deployment"], "matchAny": False, "limit": 100},
}  # fmt: skip


class Kept:
    """A Grafana that keeps annotations, as its documentation shows them."""

    def __init__(self, queries: list[dict[str, Any]], *, loses: str = "") -> None:
        self.queries, self.loses, self.of = queries, loses, dict[int, dict[str, Any]]()
        self.sent: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        self.sent.append(request.method)
        path = request.url.path
        if path.startswith("/api/dashboards/uid/"):
            model = {"uid": "app", "title": "App", "annotations": {"list": self.queries}}
            if path.endswith("/gone"):
                return httpx.Response(404, json={"message": "Dashboard not found"})
            return httpx.Response(200, json={"meta": {}, "dashboard": model})
        if request.method == "POST":
            body = json.loads(request.content)
            self.of[7] = {**body, "id": 7, "data": {}} if self.loses != "write" else {}
            return httpx.Response(200, json={"message": "Annotation added", "id": 7})
        if request.method == "DELETE":
            if self.loses == "delete":
                return httpx.Response(200, json={"message": "Annotation deleted"})
            self.of.pop(7)
            return httpx.Response(200, json={"message": "Annotation deleted"})
        return httpx.Response(200, json=self.found(request.url.params))

    def found(self, asked: httpx.QueryParams) -> list[dict[str, Any]]:
        """All tags, or any, as it is asked; within the time."""
        tags, some = set(asked.get_list("tags")), asked.get("matchAny") == "true"
        start, end = int(asked["from"]), int(asked["to"])
        return [
            one
            for one in self.of.values()
            if one
            and start <= one["time"] <= end
            and (tags & set(one["tags"]) if some else tags <= set(one["tags"]))
        ]


def seen(kept: Kept, expected: Deployments = EXPECTED) -> DeploymentSeen:
    """A deployment that is marked in it."""
    edge = Edge(
        Endpoint("grafana", "http://g:3000"), calls=CallLog(), transport=httpx.MockTransport(kept)
    )
    return mark(Grafana(edge), expected, "20260101-abc", AT)


def test_a_deployment_is_shown_and_removed() -> None:
    """Written with its tags and time, found by them and by the dashboard's query, then gone."""
    kept = Kept([QUERY])
    told = seen(kept)
    assert told.found == told.written
    assert (told.written.at, told.written.tags) == (AT, ("deployment", "shop"))
    assert (told.shown, told.removed, kept.of) == ({"app": ""}, True, {})
    judged = deployments(told, "/api/annotations", "curl x")
    assert judged.verdict is Verdict.MET
    assert judged.summary == "marked with deployment, shop, read back, shown on app, removed"


@pytest.mark.parametrize(
    ("queries", "why"),
    [
        ([], "it asks for no annotations by their tags"),
        ([{**QUERY, "enable": False}], "it asks for no annotations by their tags"),
        ([{**QUERY, "target": {"type": "dashboard"}}], "it asks for no annotations by their tags"),
        (
            [{**QUERY, "target": {"type": "tags", "tags": ["deployment", "other"]}}],
            "it asks for annotations with deployment and other",
        ),
    ],
)
def test_dashboards_that_do_not_show_it(queries: list[dict[str, Any]], why: str) -> None:
    """The query is switched off, is about something else, or wants other tags."""
    told = seen(Kept(queries))
    judged = deployments(told, "/api/annotations", "curl x")
    assert judged.verdict is Verdict.MISSED
    assert judged.summary == f"dashboard app does not show a deployment: {why}"


def test_a_query_for_any_tag_shows_it() -> None:
    """`matchAny` asks for one of several."""
    target = {"type": "tags", "tags": ["deployment", "other"], "matchAny": True}
    assert seen(Kept([{**QUERY, "target": target}])).shown == {"app": ""}


def test_a_dashboard_that_is_not_there() -> None:
    """That says so; the others are asked all the same."""
    expected = EXPECTED.model_copy(update={"shown_on": ("gone", "app")})
    assert seen(Kept([QUERY]), expected).shown == {"gone": "it is not there", "app": ""}


def test_what_grafana_loses() -> None:
    """It says that it took it and has nothing, or says that it is gone and has it."""
    lost = seen(Kept([QUERY], loses="write"))
    assert "does not find it by its tags" in deployments(lost, "x", "x").summary
    stays = seen(Kept([QUERY], loses="delete"))
    assert deployments(stays, "x", "x").summary == (
        "the annotation is still found after it was removed"
    )


def test_it_is_removed_whatever_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is not understood does not leave the mark behind."""
    kept = Kept([QUERY])
    monkeypatch.setattr(kept, "found", lambda _: [{"id": 7}])
    with pytest.raises(BadResponse, match="in a shape not understood"):
        seen(kept)
    assert kept.of == {}


def test_queries_of_annotations() -> None:
    """Those by tags of Grafana's own annotations; alerts of Prometheus on a graph are none."""
    prometheus = {**QUERY, "datasource": {"type": "prometheus", "uid": "prometheus"}}
    model = {"uid": "app", "title": "App", "annotations": {"list": [QUERY, prometheus]}}
    shown = dashboard_of({"meta": {}, "dashboard": model})
    assert shown.marks == (AnnotationQuery("Deployments", ("deployment",)),)
