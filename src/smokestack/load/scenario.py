"""What to run: a scenario by name, and against whom."""

from __future__ import annotations

import difflib
import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from smokestack.errors import UsageError
from smokestack.leave import Leave

SUPPORT = frozenset({"__init__", "marked", "course", "dialects", "everyday"})
"""Files in scenarios/ that scenarios are made of, and are none themselves."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class ScenarioSpec:
    """One load. `name` tells apart several loads of one run; `scenario` is a file in scenarios/.

    `system` is the one whose application is asked, where that is asked in a way of its own.
    `total`, `rate`, `users` and `seconds` (for how long requests are to come) override what the
    scenario would do; it ends by itself after `max_seconds`. A host beyond the loopback needs
    `allow_remote`, or `leave` of those who run it.
    """

    name: str
    scenario: str
    host: str
    total: int | None = None
    rate: float | None = None
    users: int | None = None
    seconds: float | None = None
    max_seconds: float = 120.0
    allow_remote: bool = False
    system: str | None = None
    leave: Leave | None = None


def known_scenarios(scenarios_dir: Path) -> list[str]:
    """The names of all scenarios, sorted."""
    return sorted(f.stem for f in scenarios_dir.glob("*.py") if f.stem not in SUPPORT)


def find_scenario(name: str, scenarios_dir: Path) -> Path:
    """The file of a scenario.

    Raises:
        UsageError: there is none of that name; says which there are and which may be meant.
    """
    known = known_scenarios(scenarios_dir)
    if name in known:
        return (scenarios_dir / f"{name}.py").resolve()
    near = difflib.get_close_matches(name, known, n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    raise UsageError(
        f"there is no scenario {name!r} in {scenarios_dir}.{guess}",
        hint=f"known scenarios: {', '.join(known) or 'none'}",
    )


def refuse_unsafe(spec: ScenarioSpec, run_id: str) -> None:
    """Refuse names that cannot stand in a header or a file name, and hosts that are not ours.

    Raises:
        UsageError: says which, and what would be allowed.
    """
    for what, name in (("load name", spec.name), ("run id", run_id)):
        if not _NAME.fullmatch(name):
            raise UsageError(f"the {what} {name!r} may only have letters, digits and . _ -")
    refuse_remote(spec.host, allow_remote=spec.allow_remote or spec.leave is not None)


def refuse_remote(host: str, *, allow_remote: bool) -> None:
    """Refuse to send load to anything but this machine, unless that was allowed.

    Raises:
        UsageError: `host` is no http(s) URL, or not on the loopback.
    """
    name = urlsplit(host).hostname
    if urlsplit(host).scheme not in {"http", "https"} or not name:
        raise UsageError(f"the host must be a URL such as http://127.0.0.1:8000, not {host!r}")
    if not allow_remote and not is_local(host):
        raise UsageError(
            f"refusing to send load to {host}: it is not on this machine's loopback",
            hint="set SMOKESTACK_ALLOW_REMOTE=1 if its owner agrees",
        )


def is_local(url: str) -> bool:
    """Whether a URL leads to this machine's loopback."""
    name = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
