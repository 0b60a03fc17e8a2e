"""Annotations that Grafana itself keeps: moments that are marked on every dashboard that asks.

Asked as Grafana 13.2.3 documents it (docs/sources/developer-resources/api-reference/http-api/
api-legacy/annotations.md). An annotation without a dashboard belongs to the organization, and is
found by its tags.
"""

from __future__ import annotations

from typing import Any

from smokestack.observe.edge import Edge, Params
from smokestack.samples import Annotation, AnnotationQuery

ANNOTATIONS = "/api/annotations"
MOST = 1000
"""The `limit` of a search; the default is 100."""


class Annotations:
    """A client of one Grafana. Every method is one query; raises Unreachable, BadResponse."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def add(self, text: str, tags: tuple[str, ...], at: float) -> Annotation:
        """Mark a moment (seconds): `{"message": "Annotation added", "id": 1}`."""
        moment = round(at * 1000)
        body = {"text": text, "tags": list(tags), "time": moment}
        told = self.edge.post_json(ANNOTATIONS, body)
        ident = self.edge.decoded(ANNOTATIONS, told, lambda one: int(one["id"]))
        return Annotation(ident, text, tags, moment / 1000)

    def find(self, query: AnnotationQuery, start: float, end: float) -> list[Annotation]:
        """Those with all of its tags, or any, between two moments:
        `[{"id": …, "time": …, "text": …, "tags": […]}]`.
        """
        return self.edge.read(
            ANNOTATIONS, searched(query, start, end), lambda found: [_read(one) for one in found]
        )

    def remove(self, ident: int) -> None:
        """Take one away: `{"message": "Annotation deleted"}`."""
        path = f"{ANNOTATIONS}/{ident}"
        self.edge.checked(self.edge.send("DELETE", path, shown=f"{ANNOTATIONS}/{{id}}"), path)


def searched(query: AnnotationQuery, start: float, end: float) -> Params:
    """The parameters of a search. Without tags, Grafana gives annotations of every kind."""
    asked: dict[str, Any] = {"from": round(start * 1000), "to": round(end * 1000), "limit": MOST}
    if query.tags:
        asked["tags"] = query.tags
    if query.match_any:
        asked["matchAny"] = "true"
    return {**asked, "type": "annotation"}


def _read(one: dict[str, Any]) -> Annotation:
    tags = tuple(map(str, one.get("tags") or ()))
    return Annotation(int(one["id"]), str(one["text"]), tags, int(one["time"]) / 1000)
