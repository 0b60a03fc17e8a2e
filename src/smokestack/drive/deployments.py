"""Marks a deployment in Grafana, looks who shows it, and takes the mark away again."""

from __future__ import annotations

from collections.abc import Iterable

from smokestack.observe.annotations import Annotations
from smokestack.observe.grafana import Grafana
from smokestack.samples import Annotation, AnnotationQuery, DeploymentSeen
from smokestack.system.dashboards import Deployments

AROUND_S = 60.0
"""Seconds around a deployment in which it is looked for."""


def mark(grafana: Grafana, expected: Deployments, run_id: str, at: float) -> DeploymentSeen:
    """What became of a deployment at a moment (seconds). Nothing of it is left behind.

    Raises ObservationError where Grafana does not answer, or does not take it.
    """
    annotations = Annotations(grafana.edge)
    written = annotations.add(f"smokestack: deployment of run {run_id}", expected.tags, at)
    asked = AnnotationQuery("", expected.tags)
    try:
        found = _found(annotations, asked, written)
        shown = {uid: _unshown(grafana, annotations, uid, written) for uid in expected.shown_on}
    finally:
        annotations.remove(written.ident)
    return DeploymentSeen(written, found, shown, _found(annotations, asked, written) is None)


def _found(
    annotations: Annotations, query: AnnotationQuery, written: Annotation
) -> Annotation | None:
    there = annotations.find(query, written.at - AROUND_S, written.at + AROUND_S)
    return next((one for one in there if one.ident == written.ident), None)


def _unshown(grafana: Grafana, annotations: Annotations, uid: str, written: Annotation) -> str:
    """Why a dashboard does not show it; empty where it does."""
    if grafana.exported(uid) is None:
        return "it is not there"
    marks = grafana.dashboard(uid).marks
    if not marks:
        return "it asks for no annotations by their tags"
    if any(_found(annotations, query, written) for query in marks):
        return ""
    return f"it asks for annotations with {_tags(marks)}"


def _tags(marks: Iterable[AnnotationQuery]) -> str:
    joined = ((" or " if one.match_any else " and ").join(one.tags) for one in marks)
    return ", ".join(tags or "any tags" for tags in joined)
