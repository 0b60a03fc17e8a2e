"""Where the paths of the pace table lead in a document: parents, names, and keys for the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

_NAMES = ("name", "job_name", "alert", "record")
"""What an entry of a list calls itself: better to read in a report than its number."""


@dataclass(frozen=True)
class Place:
    """One place a path leads to: `parent[name]` (it may be absent), and its dotted key."""

    parent: Any
    name: str
    key: str


def places(document: Any, path: str, *, create: bool) -> Iterator[Place]:
    """The places in `document` that `path` names.

    With `create`, mappings that are absent or empty on the way are made, unless the path asks
    for entries by pattern: then nothing is made that the document does not name.
    """
    *steps, name = path.split(".")
    exact = not any(set("*|") & set(step) for step in steps)
    nodes = [(document, "")]
    for step in steps:
        nodes = [
            found
            for node, key in nodes
            for found in _enter(node, key, step, create=create, make=create and exact)
        ]
    for node, key in nodes:
        if isinstance(node, dict):
            yield Place(node, name, _join(key, name))


def _enter(
    node: Any, key: str, step: str, *, create: bool, make: bool
) -> Iterator[tuple[Any, str]]:
    if step.endswith("**"):
        yield from _nested(node, key, step.removesuffix("**"))
    elif isinstance(node, list) and step == "*":
        for number, entry in enumerate(node):
            yield entry, f"{key}[{_label(entry, number)}]"
    elif isinstance(node, dict):
        if make and step not in node:
            node[step] = {}
        for name in [name for name in node if _matches(str(name), step)]:
            if create and node[name] is None:
                node[name] = {}
            yield node[name], _join(key, str(name))


def _nested(node: Any, key: str, name: str) -> Iterator[tuple[Any, str]]:
    """The entries of `node[name]`, and of their own `name`, however deep."""
    entries = node.get(name) if isinstance(node, dict) else None
    for number, entry in enumerate(entries or []):
        inner = f"{_join(key, name)}[{_label(entry, number)}]"
        yield entry, inner
        yield from _nested(entry, inner, name)


def _matches(name: str, step: str) -> bool:
    return any(fnmatchcase(name, one) for one in step.split("|"))


def _label(entry: Any, number: int) -> str:
    names = [entry[name] for name in _NAMES if name in entry] if isinstance(entry, dict) else []
    return str(names[0]) if names else str(number)


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
