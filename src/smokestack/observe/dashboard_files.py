"""Reads the files that Grafana is provisioned with: dashboards (JSON) and data sources (YAML).

The JSON model is the one of `panels` (see `observe/dashboards.py`). Raises ConfigError, with the
line where that is known, for a file that Grafana could not take in, and for a dashboard without a
uid: Grafana would give it another one on every machine, and no link to it would hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from smokestack import yaml_file
from smokestack.errors import ConfigError
from smokestack.observe.dashboards import flat, reference
from smokestack.observe.templating import ALL
from smokestack.observe.timestamps import seconds
from smokestack.panels import (
    DEFAULT_RANGE_S,
    DashboardFile,
    PanelFile,
    Place,
    SourceFile,
    Target,
    Variable,
)

CLASSIC = "the file must have the classic JSON model, as Grafana's Export gives it"
_BACK = re.compile(r"now-(\d+[smhdw])")
_TEXTS = ("expr", "query")
_LINKS = ("exemplarTraceIdDestinations", "derivedFields")
_LINK = ("tracesToLogsV2", "tracesToLogs", "tracesToMetrics", "serviceMap", "lokiSearch")


def read_dashboards(files: Iterable[Path]) -> tuple[DashboardFile, ...]:
    """Every dashboard. Two of one uid are a ConfigError: Grafana shows one of them."""
    found: dict[str, DashboardFile] = {}
    for file in files:
        one = _dashboard(file)
        if one.uid in found:
            raise ConfigError(
                f"its uid {one.uid!r} is that of {found[one.uid].file} too",
                file=file,
                line=_line_of(file, f'"{one.uid}"'),
                hint="give one of them another uid",
            )
        found[one.uid] = one
    return tuple(found.values())


def _dashboard(file: Path) -> DashboardFile:
    try:
        model = json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ConfigError(f"not JSON: {error.msg}", file=file, line=error.lineno) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=file) from error
    if not isinstance(model, dict) or not isinstance(model.get("uid"), str) or not model["uid"]:
        raise ConfigError("this dashboard has no uid", file=file, line=1, hint=CLASSIC)
    try:
        return _of(file, model)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        text = f"not the model of a dashboard ({type(error).__name__}: {error})"
        raise ConfigError(text, file=file, hint=CLASSIC) from error


def _line_of(file: Path, text: str) -> int | None:
    if not file.is_file():
        return None
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, 1) if text in line), None)


def line_of(file: Path, text: str) -> int | None:
    """The line of a dashboard's file in which a query stands; None where it is not known."""
    return _line_of(file, json.dumps(text)) or _line_of(file, json.dumps(text, ensure_ascii=False))


def _of(file: Path, model: Mapping[str, Any]) -> DashboardFile:
    back = _BACK.fullmatch(str((model.get("time") or {}).get("from", "")))
    listed = (model.get("templating") or {}).get("list") or ()
    panels = [_panel(*one) for one in flat(model.get("panels") or ())]
    return DashboardFile(
        file=file,
        uid=model["uid"],
        title=str(model.get("title", "")),
        refresh=str(model.get("refresh") or ""),
        range_s=seconds(back[1]) if back else DEFAULT_RANGE_S,
        variables={one["name"]: _variable(one) for one in listed},
        panels=tuple(panels),
    )


def _panel(one: Mapping[str, Any], repeat: tuple[str, ...]) -> PanelFile:
    own = (one["repeat"],) if one.get("repeat") else ()
    return PanelFile(
        title=one.get("title") or f"panel {one.get('id')}",
        type=str(one.get("type", "")),
        targets=tuple(_targets(one)),
        repeat=(*repeat, *own),
        links=tuple(_links(one)),
        library=str((one.get("libraryPanel") or {}).get("name", "")),
        ident=str(one.get("id", "")),
        place=_place(one.get("gridPos") or {}),
    )


def _place(grid: Mapping[str, Any]) -> Place | None:
    """None where the file does not say it, as of dashboards older than Grafana 5."""
    if not {"x", "y", "w", "h"} <= grid.keys():
        return None
    return Place(*(int(grid[key]) for key in ("x", "y", "w", "h")))


def _targets(panel: Mapping[str, Any]) -> Iterator[Target]:
    """The queries that Grafana sends: hidden ones only where an expression works on them."""
    every = panel.get("targets") or ()
    mixed = reference(panel.get("datasource") or "") == "-- Mixed --"
    own = "" if mixed else panel.get("datasource") or ""
    sources = [reference(target.get("datasource") or own) for target in every]
    for number, (target, source) in enumerate(zip(every, sources, strict=True)):
        if target.get("hide") and "__expr__" not in sources:
            continue
        yield Target(
            ref=target.get("refId") or chr(ord("A") + number),
            source=source,
            text=next((str(target[key]) for key in _TEXTS if target.get(key)), ""),
            instant=_instant(target),
            exemplar=bool(target.get("exemplar")),
            step=str(target.get("interval") or target.get("step") or panel.get("interval") or ""),
            mode=str(target.get("queryType") or ""),
        )


def _instant(target: Mapping[str, Any]) -> bool:
    """Prometheus' says it with two flags, Loki's by `queryType`; both at once is a range."""
    if target.get("queryType") in ("range", "instant"):
        return bool(target["queryType"] == "instant")
    return bool(target.get("instant")) and not target.get("range")


def _links(panel: Mapping[str, Any]) -> Iterator[str]:
    """The addresses of a panel's own links, and of those of its points."""
    config = panel.get("fieldConfig") or {}
    by_hand = (config.get("defaults") or {}).get("links") or ()
    properties = [p for one in config.get("overrides") or () for p in one.get("properties") or ()]
    overridden = [link for p in properties if p.get("id") == "links" for link in p["value"]]
    for link in (*(panel.get("links") or ()), *by_hand, *overridden):
        if link.get("url"):
            yield str(link["url"])


def _variable(one: Mapping[str, Any]) -> Variable:
    current = one.get("current") or {}
    options = [str(option["value"]) for option in one.get("options") or ()]
    kind, query = str(one["type"]), one.get("query")
    values = _many(current.get("value"))
    if kind in ("constant", "textbox") and not values:
        values = _many(query)
    if kind in ("custom", "interval") and isinstance(query, str):
        listed = (part.rpartition(" : ")[2].strip() for part in query.split(","))
        options = options or [part for part in listed if part]
    options = [option for option in options if option != ALL]
    if kind in ("custom", "interval") and not values:
        values = tuple(options[:1])
    return Variable(
        name=one["name"],
        type=kind,
        values=values,
        options=tuple(options),
        all_value=str(one.get("allValue") or ""),
        query=query if isinstance(query, str) else "",
        many=bool(one.get("multi") or one.get("includeAll")),
    )


def _many(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    return (str(value),) if value not in (None, "") else ()


def read_sources(files: Iterable[Path]) -> tuple[SourceFile, ...]:
    """Every data source of Grafana's provisioning files."""
    return tuple(
        _source(file, one)
        for file in files
        for one in (yaml_file.read(file).data or {}).get("datasources") or ()
    )


def _source(file: Path, one: Mapping[str, Any]) -> SourceFile:
    data = one.get("jsonData") or {}
    links = [link for key in _LINKS for link in data.get(key) or ()]
    links += [data[key] for key in _LINK if data.get(key)]
    return SourceFile(
        file=file,
        uid=str(one.get("uid") or one["name"]),
        name=str(one["name"]),
        type=str(one["type"]),
        default=bool(one.get("isDefault")),
        step=str(data.get("timeInterval") or ""),
        leads_to=frozenset(str(u) for link in links if (u := link.get("datasourceUid"))),
    )
