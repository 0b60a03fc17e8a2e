"""Which loads a run is to bear: those of system.yaml, and what the user wants of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from smokestack.errors import UsageError
from smokestack.load.asked import AskedLoad, Wish
from smokestack.load.scenario import find_scenario
from smokestack.system import Bearing, UnderLoad

ALL = "all"


def asked_loads(bearing: Bearing | None, wish: Wish, scenarios_dir: Path) -> tuple[AskedLoad, ...]:
    """The loads of a run, each with the user's rate, number or duration in place of its own.

    Raises:
        UsageError: a name that is none; a load that has no rate or no end.
    """
    declared = bearing.loads if bearing else ()
    if not wish.names:
        return tuple(_asked(one, wish) for one in declared if not one.on_request)
    if ALL in wish.names:
        return tuple(_asked(one, wish) for one in declared)
    by_name = {one.scenario: one for one in declared}
    return tuple(
        _asked(by_name[name], wish)
        if name in by_name
        else _undeclared(name, wish, tuple(by_name), scenarios_dir)
        for name in dict.fromkeys(wish.names)
    )


def _asked(load: UnderLoad, wish: Wish) -> AskedLoad:
    asked = AskedLoad(
        load.scenario, wish.rate or load.rate, load.duration, error_ratio=load.error_ratio
    )
    return _lasting(asked, wish)


def _lasting(asked: AskedLoad, wish: Wish) -> AskedLoad:
    """So many requests, or for so long, instead of what was said."""
    if wish.requests is None:
        return replace(asked, duration_s=wish.duration_s or asked.duration_s)
    seconds = max(asked.duration_s, wish.requests / asked.rate)
    return replace(asked, requests=wish.requests, duration_s=seconds)


def _undeclared(name: str, wish: Wish, declared: Sequence[str], scenarios_dir: Path) -> AskedLoad:
    """A scenario that system.yaml has no load of: the user must say all of it."""
    try:
        find_scenario(name, scenarios_dir)
    except UsageError as error:
        near = difflib.get_close_matches(name, [*declared, ALL], n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        known = ", ".join([*declared, ALL])
        raise UsageError(
            f"--load {name!r} is neither a load of this system nor a scenario",
            hint=f"{guess}known: {known}",
        ) from error
    if wish.rate is None or (wish.requests is None and wish.duration_s is None):
        raise UsageError(
            f"--load {name}: this system.yaml says neither its rate nor its duration",
            hint="say them: --rate 100 --duration 5s",
        )
    return _lasting(AskedLoad(name, wish.rate, wish.duration_s or 0.0), wish)
