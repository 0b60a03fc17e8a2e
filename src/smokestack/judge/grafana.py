"""grafana.*: does Grafana run, does it reach the servers behind it, are its dashboards whole?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from smokestack.judge.conclude import conclude, named, skipped, unmeasured
from smokestack.results import Evidence, Finding, Judgement, Standin
from smokestack.samples import Dashboard, DataSource, Reached, SourceHealth
from smokestack.system import Grafana
from smokestack.wait import Waited

PROVISIONING = "Grafana provisioning"
HEALTHY = "OK"


def health(database: str, version: str, repeat: str) -> Judgement:
    """Grafana answers, and can use its database."""
    findings = [] if database == "ok" else [Finding(f"Grafana's database is {database}")]
    evidence = Evidence("health", "/api/health", f"database {database}", "database ok", repeat)
    return conclude(f"Grafana {version or '(version hidden)'}, database ok", findings, [evidence])


def expected_sources(expected: Grafana, standins: Iterable[Standin]) -> dict[str, str]:
    """Uid -> type of every data source; of a stand-in's own type where one runs."""
    instead = {one.instead_of: one.name for one in standins if one.kind == "server"}
    return {uid: instead.get(kind, kind) for uid, kind in expected.datasources.items()}


def usable(wanted: Mapping[str, str], found: Iterable[DataSource]) -> dict[str, str]:
    """Those of the wanted data sources that are there with their type, and can be asked."""
    types = {source.uid: source.type for source in found}
    return {uid: kind for uid, kind in wanted.items() if types.get(uid) == kind}


def datasources(
    wanted: Mapping[str, str],
    found: Sequence[DataSource],
    healths: Mapping[str, SourceHealth],
    reached: Sequence[Reached],
    evidence: Sequence[Evidence],
) -> Judgement:
    """Each data source is there with its type, healthy, and gives as much of the run as its
    server has. None comes from a file beyond those.
    """
    findings = list(_unlike(wanted, found))
    for uid, told in healths.items():
        if told.status != HEALTHY:
            findings.append(Finding(f"data source {uid} is not healthy: {_said(told)}"))
    findings += [Finding(text, "Grafana → server") for one in reached for text in _lost(one)]
    asked = [*evidence, *map(_as_evidence, reached)]
    nothing = [one for one in reached if not one.directly]
    if nothing and not findings:
        without = named(f"{one.uid} ({one.what})" for one in nothing)
        return unmeasured(f"the servers themselves have nothing of this run: {without}", asked)
    shown = ", ".join(f"{one.uid} {one.through:g} {one.what}" for one in reached if one.through)
    summary = f"{len(reached)} data sources lead to this run's data: {shown}"
    return conclude(summary, findings, asked, exercised=len(reached) + len(findings))


def _unlike(wanted: Mapping[str, str], found: Sequence[DataSource]) -> Iterator[Finding]:
    there = {source.uid: source for source in found}
    for uid, kind in sorted(wanted.items()):
        if uid not in there:
            yield Finding(f"data source {uid} ({kind}) is not there", PROVISIONING)
        elif there[uid].type != kind:
            text = f"data source {uid} is of type {there[uid].type}, expected {kind}"
            yield Finding(text, PROVISIONING)
    for source in sorted(found, key=lambda one: one.uid):
        if source.fixed and source.uid not in wanted:
            yield Finding(f"data source {source.uid} ({source.type}) is not in system.yaml")


def _said(told: SourceHealth) -> str:
    return f"{told.status}: {told.message}" if told.message else told.status


def _lost(one: Reached) -> Iterator[str]:
    """What Grafana does not pass on, of what the server itself has."""
    if not one.directly:
        return
    if one.error:
        yield f"data source {one.uid} could not be asked: {one.error}"
    elif one.through != one.directly:
        yield (
            f"data source {one.uid} gives {one.through or 0:g} {one.what} of this run, "
            f"its server has {one.directly:g}"
        )


def _as_evidence(one: Reached) -> Evidence:
    seen = one.error or f"{one.through or 0:g} {one.what}"
    wanted = f"{one.directly or 0:g} {one.what}"
    return Evidence(f"through Grafana, {one.uid}", one.query, seen, wanted, one.repeat or None)


def health_evidence(uid: str, told: SourceHealth, path: str, repeat: str) -> Evidence:
    """What Grafana said of one data source."""
    healthy = told.status == HEALTHY
    return Evidence(f"health of {uid}", path, HEALTHY if healthy else _said(told), HEALTHY, repeat)


def dashboards(
    expected: Grafana,
    there: Waited[Mapping[str, str]],
    shown: Mapping[str, Dashboard],
    sources: Sequence[DataSource],
    repeat: str,
) -> Judgement:
    """Each expected dashboard comes from its file, and all its panels have a data source.

    `there` has every dashboard's title by uid; `shown` are the expected ones that are there.
    """
    if not expected.dashboards:
        return skipped("this system names no dashboards")
    titles = there.value
    if titles is None:
        return unmeasured(there.error or "Grafana could not be asked")
    findings = []
    for one in expected.dashboards:
        if one.uid not in shown:
            findings.append(Finding(f"dashboard {one.uid} is not there", PROVISIONING))
            continue
        seen = shown[one.uid]
        wrong = [*_differs(one.title, one.folder, seen), *_broken(seen, sources)]
        findings += [Finding(f"dashboard {one.uid}: {text}", PROVISIONING) for text in wrong]
    wanted = named(sorted(one.uid for one in expected.dashboards), 12)
    evidence = Evidence("dashboards", "/api/search", named(sorted(titles), 12), wanted, repeat)
    panels = sum(len(one.panels) for one in shown.values())
    summary = f"{len(shown)} of {len(expected.dashboards)} dashboards, {panels} panels in all"
    return conclude(summary, findings, [evidence], waited=there)


def _differs(title: str, folder: str | None, seen: Dashboard) -> Iterator[str]:
    if seen.title != title:
        yield f"its title is {seen.title!r}, expected {title!r}"
    if folder is not None and seen.folder != folder:
        yield f"it is in the folder {seen.folder!r}, expected {folder!r}"
    if not seen.provisioned:
        yield "it does not come from a file: it was made by hand"


def _broken(seen: Dashboard, sources: Sequence[DataSource]) -> Iterator[str]:
    if not seen.panels:
        yield "it has no panels"
    for panel in seen.panels:
        for source in panel.sources:
            if why := _unresolved(source, seen, sources):
                yield f"panel {panel.title!r} asks {why}"


def _unresolved(source: str, seen: Dashboard, sources: Sequence[DataSource]) -> str | None:
    """Why a panel's data source leads nowhere; None where it is there."""
    if not source:
        return None if any(one.default for one in sources) else "the default data source: none is"
    if not source.startswith("$"):
        known = {name for one in sources for name in (one.uid, one.name)}
        return None if source in known else f"the data source {source}, which is not there"
    kind = seen.variables.get(source[1:])
    if kind is None:
        return f"the variable {source}, which stands for no data source"
    there = any(one.type == kind for one in sources)
    return None if there else f"a data source of type {kind} ({source}), and there is none"
