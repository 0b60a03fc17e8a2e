"""Which data sources a dashboard asks, read from its JSON model.

The model is that of `panels`, with `schemaVersion` up to 42 (docs/sources/reference/dashboard/
json-model): a panel names its data source as `{"type": …, "uid": …}`, before Grafana 8.3 by its
name, and each of its `targets` may name another one. `null` is the default data source. A row
that is folded has its panels inside of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from smokestack.samples import AnnotationQuery, Dashboard, Panel

OWN = frozenset(
    {"grafana", "-- Grafana --", "-- Mixed --", "-- Dashboard --", "-- Public --", "__expr__"}
)
"""What is always there: Grafana's own data, many sources, another panel's, expressions."""
DEFAULT = ""


def dashboard_of(answer: Any) -> Dashboard:
    """The dashboard of /api/dashboards/uid/:uid. Raises LookupError or TypeError."""
    model, meta = answer["dashboard"], answer["meta"]
    return Dashboard(
        uid=model["uid"],
        title=model["title"],
        folder=meta.get("folderTitle", ""),
        provisioned=bool(meta.get("provisioned")),
        panels=tuple(_panel(one) for one, _ in flat(model.get("panels") or ())),
        variables=_variables(model),
        marks=tuple(_marks(model)),
    )


def _marks(model: Mapping[str, Any]) -> Iterator[AnnotationQuery]:
    """Queries of annotations by tags. One of `type: dashboard` shows what is tied to a dashboard,
    and no deployment is.
    """
    for one in (model.get("annotations") or {}).get("list") or ():
        target = one.get("target") or {}
        if (
            one.get("enable", True)
            and reference(one.get("datasource") or DEFAULT) in OWN
            and target.get("type") == "tags"
        ):
            tags = tuple(map(str, target.get("tags") or ()))
            yield AnnotationQuery(str(one.get("name", "")), tags, bool(target.get("matchAny")))


def flat(panels: Any) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """Every panel, also those of rows, with the variables by which its row is repeated; the rows
    themselves show nothing. A row that is unfolded has its panels behind it.
    """
    row: tuple[str, ...] = ()
    for one in panels:
        if one["type"] == "row":
            row = (one["repeat"],) if one.get("repeat") else ()
            yield from ((inner, row) for inner, _ in flat(one.get("panels") or ()))
        else:
            yield one, row


def _panel(one: Mapping[str, Any]) -> Panel:
    targets = one.get("targets") or ()
    named = [asked["datasource"] for asked in (one, *targets) if asked.get("datasource")]
    sources = [reference(source) for source in named]
    if targets and not named:
        sources = [DEFAULT]
    asked = dict.fromkeys(source for source in sources if source not in OWN)
    return Panel(one.get("title") or f"panel {one.get('id')}", tuple(asked))


def reference(source: Any) -> str:
    """A uid, a name, or `$variable` however it was written."""
    text = str(source if isinstance(source, str) else source.get("uid") or DEFAULT)
    return f"${text[2:-1].partition(':')[0]}" if text.startswith("${") else text


def _variables(model: Mapping[str, Any]) -> dict[str, str]:
    """The variables by which a viewer chooses a data source, and of which type it may be."""
    listed = (model.get("templating") or {}).get("list") or ()
    return {one["name"]: one["query"] for one in listed if one["type"] == "datasource"}
