"""grafana.backup: does the export of a dashboard say what its file says?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from smokestack.judge.conclude import conclude
from smokestack.panels import DashboardFile, PanelFile, Provisioned
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system import Grafana


def backup(
    expected: Grafana,
    shipped: Provisioned,
    exported: Mapping[str, DashboardFile | str],
    evidence: Evidence,
) -> Judgement:
    """Each dashboard's export, read back as a file, has the same title, refresh, time range,
    variables and panels with the same queries as the file that Grafana was given.

    What Grafana adds when it saves (numbers, a version, defaults) is not compared.
    """
    findings = [
        Finding(f"dashboard {one.uid}: {text}")
        for one in expected.dashboards
        for text in _wrong(shipped.dashboard(one.uid), exported.get(one.uid))
    ]
    panels = sum(len(one.panels) for one in exported.values() if not isinstance(one, str))
    of = f"{len(exported)} of {len(expected.dashboards)} dashboards"
    summary = f"{of} exported and read back, {panels} panels in all"
    return conclude(summary, findings, [evidence], exercised=panels)


def _wrong(file: DashboardFile | None, export: DashboardFile | str | None) -> Iterator[str]:
    if file is None:
        yield "no file has it, so its export cannot be compared"
    elif export is None:
        yield "it is not there, so it cannot be exported"
    elif isinstance(export, str):
        yield f"its export cannot be read back: {export}"
    else:
        yield from _different(file, export)


def _different(file: DashboardFile, export: DashboardFile) -> Iterator[str]:
    for name, has in _SAID.items():
        if (mine := has(file)) != (theirs := has(export)):
            yield f"its export has the {name} {theirs or '(none)'}, its file {mine or '(none)'}"
    for name in sorted({*file.variables} ^ {*export.variables}):
        yield f"the variable {name} is only in its {'file' if name in file.variables else 'export'}"
    shipped, given = _comparable(file), _comparable(export)
    for panel in (one for one in shipped if one not in given):
        yield f"its export has not the panel {panel.title!r} as its file has it"
    for panel in (one for one in given if one not in shipped):
        yield f"its export has the panel {panel.title!r}, which its file has not so"


_SAID: Mapping[str, Callable[[DashboardFile], str]] = {
    "title": lambda one: one.title,
    "refresh": lambda one: one.refresh,
    "time range": lambda one: f"{one.range_s:g} s",
}


def _comparable(dashboard: DashboardFile) -> list[PanelFile]:
    """Its panels without the numbers that Grafana may give them."""
    return [replace(panel, ident="") for panel in dashboard.panels]
