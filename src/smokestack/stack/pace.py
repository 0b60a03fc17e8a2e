"""`--pace fast`: one factor, and documents rewritten by the table in pace_table.py.

Everything is a pure function of what was parsed: documents come in as plain data and go out as
copies, with a `Change` for each value that differs from what ships.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from smokestack.errors import ConfigError
from smokestack.results import Change, Incompressible
from smokestack.stack import durations, promql
from smokestack.stack.pace_paths import Place, places
from smokestack.stack.pace_table import TABLE, Kind, PaceKey

FASTEST_SCRAPE_S = 0.25
"""Prometheus was seen to keep up with four scrapes a second, not with more."""
LARGEST_FACTOR = 120.0
_SCRAPE_DEFAULT = "1m"

Doc = TypeVar("Doc", bound=Mapping[str, Any] | list[str])


def factor(prometheus_config: Mapping[str, Any]) -> float:
    """By how much this stack can be sped up: at most 120, and never below 1."""
    shortest = min(_scrape_intervals(prometheus_config))
    return max(1.0, min(LARGEST_FACTOR, shortest / FASTEST_SCRAPE_S))


def _scrape_intervals(config: Mapping[str, Any]) -> Iterator[float]:
    blocks = [config.get("global") or {}, *(config.get("scrape_configs") or [])]
    yield durations.seconds(str(blocks[0].get("scrape_interval") or _SCRAPE_DEFAULT))
    for job in blocks[1:]:
        if job.get("scrape_interval"):
            yield durations.seconds(str(job["scrape_interval"]))


def compress_document(
    kind: Kind,
    document: Doc,
    factor: float,
    where: str,
    slower: Mapping[str, float] = MappingProxyType({}),
) -> tuple[Doc, list[Change]]:
    """A copy of `document` with its durations divided by `factor`, and every change made.

    `where` is the file (or service) as the report names it; `slower` has the largest factor of
    alerts and scrape jobs that bear less. ConfigError where a value is no duration.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"no such kind of document: {kind!r} (one of {get_args(Kind)})")
    new: Any = _copy(document)
    if factor == 1:
        return new, []
    if kind == "arguments":
        return new, _compress_arguments(new, factor, where)
    return new, _compress_mapping(kind, new, factor, where, slower)


def _copy(data: Any) -> Any:
    """A copy in which nothing is shared: what a YAML alias repeats would be divided twice."""
    if isinstance(data, Mapping):
        return {key: _copy(value) for key, value in data.items()}
    return [_copy(entry) for entry in data] if isinstance(data, list) else data


def _compress_mapping(
    kind: Kind, document: Any, factor: float, where: str, slower: Mapping[str, float]
) -> list[Change]:
    """Rewrite a document that is our copy."""
    held = {id(rule) for rule, _, _ in _held(document)} if kind == "rules" else set()
    return [
        change
        for key in rows(kind)
        for place in places(document, key.path, create=key.default is not None)
        if id(place.parent) not in held
        for change in _rewrite(document, key, place, _factor_of(place, factor, slower), where)
    ]


def _factor_of(place: Place, factor: float, slower: Mapping[str, float]) -> float:
    """The factor at one place: within the rule or the scrape job that bears less, its own."""
    parent = place.parent if isinstance(place.parent, Mapping) else {}
    name = parent.get("alert") or parent.get("job_name")
    return min(factor, slower.get(str(name), factor))


def rows(kind: Kind) -> list[PaceKey]:
    """The rows of the table for one kind."""
    return [key for key in TABLE if key.kind == kind]


def _rewrite(
    document: Any, key: PaceKey, place: Place, factor: float, where: str
) -> Iterator[Change]:
    """Rewrite one value where it stands, in a document that is already our copy."""
    shipped = place.parent.get(place.name)
    before = key.default if shipped is None else shipped
    if before is None:
        return
    try:
        after = _after(document, key, place, str(before), factor)
    except ValueError as error:
        message = f"{place.key}: {error}"
        hint = "--pace real starts the stack with every duration as it stands"
        raise ConfigError(message, file=Path(where), hint=hint) from error
    if after != str(before) or shipped is None:
        place.parent[place.name] = int(after) if isinstance(shipped, int) else after
    if after != str(before):
        default = " (default)" if shipped is None else ""
        yield Change(where, place.key, f"{before}{default}", after)


def _after(document: Any, key: PaceKey, place: Place, before: str, factor: float) -> str:
    if key.treatment == "promql":
        return promql.compress(before, factor)[0]
    if key.treatment == "capped":
        inherited = document["global"]["scrape_interval"]
        return _shorter(before, str(place.parent.get("scrape_interval") or inherited))
    return durations.divide(before, factor, key.treatment, key.floor_ms)


def _shorter(one: str, other: str) -> str:
    return one if durations.seconds(one) <= durations.seconds(other) else other


def incompressible(document: Mapping[str, Any], where: str) -> list[Incompressible]:
    """The rules of a rule file that `compress_document` leaves as they are, and why."""
    return [Incompressible(where, key, reason) for _, key, reason in _held(document)]


def _held(document: Mapping[str, Any]) -> Iterator[tuple[Any, str, str]]:
    for place in places(document, "groups.*.rules.*.expr", create=False):
        reason = _reason(str(place.parent.get(place.name, "")))
        if reason:
            yield place.parent, place.key.removesuffix(f".{place.name}"), reason


def _reason(expr: str) -> str | None:
    """Why an expression is left alone; one that cannot be read is for Prometheus to judge."""
    try:
        promql.compress(expr, LARGEST_FACTOR)
        return promql.incompressible(expr)
    except ValueError as error:
        return str(error)


def _compress_arguments(arguments: list[str], factor: float, where: str) -> list[Change]:
    """Rewrite a command line, that is our copy, with `--flag=value` or `--flag value`."""
    changes = []
    for key in rows("arguments"):
        at, flags = _flag(arguments, key.path)
        for change in _rewrite(flags, key, Place(flags, key.path, key.path), factor, where):
            changes.append(change)
            _put(arguments, at, key.path, change.after)
    return changes


def _flag(arguments: list[str], flag: str) -> tuple[int, dict[str, str]]:
    """Where the value of a flag stands on a command line, and the value; nothing if it is not."""
    for at, argument in enumerate(arguments):
        if argument.startswith(f"{flag}="):
            return at, {flag: argument.partition("=")[2]}
        if argument == flag and at + 1 < len(arguments):
            return at + 1, {flag: arguments[at + 1]}
    return 0, {}


def _put(arguments: list[str], at: int, flag: str, value: str) -> None:
    joined = arguments[at].startswith(f"{flag}=")
    arguments[at] = f"{flag}={value}" if joined else value
