"""What a session asks for: the run as it is planned, and what its checks are made for."""

from __future__ import annotations

import os

import pytest

from smokestack import options, stack_file
from smokestack.errors import UsageError
from smokestack.items import parameters
from smokestack.load.asked import AskedLoad
from smokestack.run import Run
from smokestack.settings import Settings
from smokestack.system import Alert, Query, Slo, System, load_slos, load_system

PLANNED = pytest.StashKey[Run | UsageError]()
RUN = pytest.StashKey[Run]()
LOADS = pytest.StashKey[tuple[AskedLoad, ...]]()


def plan(config: pytest.Config) -> None:
    """Read the options and the system. What is wrong with them is kept: it is said once it is
    known that there are checks.
    """
    try:
        settings = options.settings(config.getoption, config.rootpath, os.environ)
        system = load_system(settings.root, settings.system)
        slos = load_slos(settings.root, settings.system, system)
        run = Run(settings, system, slos=slos, remote=_remote(settings, system))
        config.stash[LOADS] = run.asked_loads
        config.stash[PLANNED] = run
    except UsageError as error:
        config.stash[PLANNED] = error


def _remote(settings: Settings, system: System) -> stack_file.Remote | None:
    """The stack that somebody else runs, where one was named."""
    if settings.stack_file is None:
        return None
    services, entry = system.application.services, system.application.entry
    return stack_file.read(settings.stack_file, services, os.environ, entry)


def alerts_of(config: pytest.Config) -> tuple[Alert, ...]:
    """The alerts that system.yaml names; none where it could not be read."""
    planned = config.stash[PLANNED]
    return planned.system.alerts if isinstance(planned, Run) else ()


def lives_asked_for(session: pytest.Session) -> list[Alert]:
    """The alerts that a check of this session wants lived through, in their order."""
    asked: dict[str, Alert] = {}
    for item in session.items:
        alert = parameters(item).get("alert")
        if isinstance(alert, Alert) and "life" in getattr(item, "fixturenames", ()):
            asked[alert.alert] = alert
    return list(asked.values())


def slos_of(config: pytest.Config) -> tuple[Slo, ...]:
    """The SLOs of the system; none where one of them could not be read."""
    planned = config.stash[PLANNED]
    return planned.slos if isinstance(planned, Run) else ()


def queries_of(config: pytest.Config) -> tuple[Query, ...]:
    """The example queries that system.yaml names; none where it could not be read."""
    planned = config.stash[PLANNED]
    return planned.system.queries if isinstance(planned, Run) else ()


def loads_of(config: pytest.Config) -> tuple[AskedLoad, ...]:
    """The loads that this session is to bear; none where that could not be told."""
    return config.stash.get(LOADS, ())
