"""Which version the application's targets report, since when, and the wait for a new one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from smokestack.deploys import Asked, Windows
from smokestack.drive.queries import app_jobs
from smokestack.errors import ObservationError, StackError
from smokestack.judge.grown import STARTED
from smokestack.observe.prometheus import Prometheus
from smokestack.system import System
from smokestack.wait import POLL_S, until

Target = tuple[str, str]
POLLS = 2
"""So often within a scrape interval it is asked which versions are there."""


@dataclass(frozen=True)
class Reported:
    """Which values of the version's label each target that is up reports, and which are down."""

    values: Mapping[Target, frozenset[str]]
    down: tuple[Target, ...]

    def lacking(self, version: str, services: int) -> list[str]:
        """What keeps the new version from being all that runs, target by target."""
        others = [
            f"{instance} reports {' and '.join(sorted(said)) or 'none'}"
            for (_, instance), said in sorted(self.values.items())
            if said != {version}
        ]
        silent = [f"{instance} is down" for _, instance in self.down]
        jobs = {job for job, _ in (*self.values, *self.down)}
        absent = services - len(jobs)
        return [*others, *silent, *([f"{absent} services have no target"] if absent > 0 else [])]


def reported(prometheus: Prometheus, system: System, label: str) -> Reported:
    """Ask once. Raises ObservationError."""
    metric = system.deploy.version
    names = "up" if metric == "up" else f"up|{metric}"
    found = prometheus.instant(f'{{__name__=~"{names}",job=~"{app_jobs(system)}"}}')
    up: dict[Target, bool] = {}
    values: dict[Target, set[str]] = defaultdict(set)
    for one in found:
        target = one.labels.get("job", ""), one.labels.get("instance", "")
        if one.name == "up":
            up[target] = one.value == 1
        if one.name == metric and one.labels.get(label):
            values[target].add(one.labels[label])
    there = {target: frozenset(values[target]) for target, is_up in up.items() if is_up}
    return Reported(there, tuple(sorted(target for target, is_up in up.items() if not is_up)))


def await_version(
    prometheus: Prometheus,
    system: System,
    asked: Asked,
    scrape_s: float,
    say: Callable[[str], None],
) -> None:
    """Return once every target of the application reports the version that was asked for.

    Raises StackError where it is not so in time, ObservationError where it cannot be asked.
    """
    if asked.version is None:
        return
    label, version = asked.version
    services = len(system.application.services)
    say(
        f"smokestack: waiting until all targets of the application report {label}={version}, "
        f"{asked.within_s:g} s at most"
    )
    waited = until(
        lambda: reported(prometheus, system, label).lacking(version, services),
        lambda lacking: not lacking,
        within_s=asked.within_s,
        every_s=max(POLL_S, scrape_s / POLLS),
        describe=lambda lacking: "; ".join(lacking) or "all",
        what=f"version {version} in Prometheus",
    )
    if waited.error:
        raise waited.error
    if not waited.met:
        raise StackError(
            f"after {waited.took_s:.0f} s (--wait-timeout) not every target of the application "
            f"reports {label}={version}: {'; '.join(waited.value or ())}",
            hint=f"is the rollout stuck? {system.deploy.version} is asked for the label {label!r} "
            "(`deploy.version` in system.yaml)",
        )
    say(f"smokestack: all targets report {label}={version} ({waited})")


def windows(
    prometheus: Prometheus,
    system: System,
    asked: Asked,
    now: float,
    longest_s: float,
    scrape_s: float,
) -> Windows:
    """What is compared: by `since`, or by when the version was first seen, of which targets.

    The window before is `deploy.before` times as long as the one after, as far as the processes of
    before ran for so long; it is never shorter than that.

    Raises ObservationError where it cannot be told when that was.
    """
    if asked.since is not None:
        began = done = asked.since
    else:
        began, done = _rolled_out(prometheus, system, asked, now, longest_s, scrape_s)
    least_s = min(now - done, longest_s)
    start = max(
        began - min(least_s * system.deploy.before, longest_s),
        _last_start(prometheus, system, began),
    )
    return Windows(min(start, began - least_s), began, done, now)


def _last_start(prometheus: Prometheus, system: System, at: float) -> float:
    """When the youngest process started of those that ran then: before it, another version may
    have been there. 0 where nobody tells.
    """
    found = prometheus.instant(f'{STARTED}{{job=~"{app_jobs(system)}"}}', at)
    return max((one.value for one in found if one.name == STARTED), default=0.0)


def _rolled_out(
    prometheus: Prometheus,
    system: System,
    asked: Asked,
    now: float,
    longest_s: float,
    scrape_s: float,
) -> tuple[float, float]:
    """When the first target was about to report the version, and when the last one did."""
    assert asked.version is not None  # noqa: S101 - one of both was asked for
    label, version = asked.version
    metric = system.deploy.version
    selector = f'{metric}{{job=~"{app_jobs(system)}",{label}={json.dumps(version)}}}'
    since: dict[Target, float] = {}
    for one in prometheus.raw(selector, longest_s, now):
        target = one.labels.get("job", ""), one.labels.get("instance", "")
        since[target] = min(one.at, since.get(target, now))
    if not since:
        raise ObservationError(f"no target ever reported {label}={version}")
    first, last = min(since.values()), max(since.values())
    if first - (now - longest_s) < POLLS * scrape_s:
        raise ObservationError(
            f"{label}={version} has been there for longer than is looked back, so it cannot be "
            "told when it was deployed",
            hint="say when: --since TIME",
        )
    return first - scrape_s, last
