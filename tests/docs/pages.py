"""What the documentation is held against: links, key paths, and the page of the pace table.

`python -m tests.docs.pages` writes docs/pace.md anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import pydantic

from smokestack.stack.pace_table import TABLE, Kind, PaceKey

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "docs" / "checks"
PACE = ROOT / "docs" / "pace.md"
_BUILT = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
_BUILT |= {".import_linter_cache"}

_HEAD = """\
# What `--pace fast` rewrites

`--pace fast` divides the durations in this table by one factor, so that an alert with `for: 5m`
is lived through in seconds. Nothing else is touched: no retention, no age limit, no timeout
(`scrape_timeout` is only capped at its interval, since Prometheus refuses a longer one), and no
number in an expression.

The factor is the smaller of 120 and shortest scrape interval / 250 ms: 120 for intervals of 30 s
and more, 60 for 15 s, 40 for 10 s. Expressions are parsed; ranges, subqueries and offsets in them
are divided. An alert that needs more time, since what drives it takes some, says so in
system.yaml (`largest_factor`), and its rule alone is divided by less. A rule that would mean
something else afterwards stays as it is. Every value that was changed is in `stack.changes` of
`run.json`, with where, from and to. `--pace real` changes nothing.

Loki is left out on purpose: it answers queries from its ingesters at once and has no delay to
cut.

| in | key | treatment | what it is | where absent | not below |
|---|---|---|---|---|---|
"""
_TREATED = {
    "prometheus": "divided",
    "go": "divided",
    "milliseconds": "divided (a number of milliseconds)",
    "promql": "parsed, and divided inside",
    "capped": "capped at the interval",
}
_TAIL = """
In a key, `*` is every entry of a list or mapping, `a|b` either name, and `routes**` the routes of
a route, however deep. "Where absent" is the server's own default, written out so that it can be
divided; without one, an absent key stays absent.

This page is made from `src/smokestack/stack/pace_table.py` by `python -m tests.docs.pages`, and a
test holds the two equal.
"""


def pace_page() -> str:
    """docs/pace.md as the table in the code says it."""
    rows = [_row(key) for kind in get_args(Kind) for key in TABLE if key.kind == kind]
    return _HEAD + "".join(rows) + _TAIL


def _row(key: PaceKey) -> str:
    path = key.path.replace("|", "\\|")
    floor = f"{key.floor_ms} ms"
    default = key.default or "–"
    return (
        f"| {key.kind} | `{path}` | {_TREATED[key.treatment]} | {key.why} | {default} | {floor} |\n"
    )


def pages() -> list[Path]:
    """Every Markdown file of the project."""
    return sorted(path for path in files() if path.suffix == ".md")


def files() -> Iterator[Path]:
    """Every file of the project: not what was built, nor what runs wrote."""
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT)
        wrote = inside.parts[0] == "reports" and inside != Path("reports/README.md")
        if path.is_file() and not _BUILT & set(inside.parts) and not wrote:
            yield path


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links, as they are written."""
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose))


def table(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its own head."""
    below = text.split(f"\n{heading}\n", 1)[1]
    lines = below[below.index("\n|") + 1 :].split("\n")
    rows = []
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))])
    return rows


def first_cells(text: str) -> set[str]:
    """What stands in backticks in the first cell of every table row."""
    return {
        name for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE) for name in _ticked(row)
    }


def _ticked(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def keys_of(model: type[pydantic.BaseModel], before: str = "") -> Iterator[str]:
    """Every key that a model has, as people write it: `alerts[].labels`."""
    for name, info in model.model_fields.items():
        path = f"{before}{info.alias or name}"
        inner = [one for one in _classes(info.annotation) if issubclass(one, pydantic.BaseModel)]
        if not inner:
            yield path
        for one in inner:
            many = "[]" if get_origin(info.annotation) is tuple else ""
            yield from keys_of(one, f"{path}{many}.")


def _classes(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _classes(argument)


def paths_in(data: Any, before: str = "") -> Iterator[str]:
    """Every key path in JSON data, containers included; a list is one with `[]` behind it."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            path = f"{before}.{key}" if before else str(key)
            yield path
            yield from paths_in(value, path)
    elif isinstance(data, Sequence) and not isinstance(data, str):
        for entry in data:
            if isinstance(entry, Mapping):
                yield from paths_in(entry, f"{before}[]")


if __name__ == "__main__":
    PACE.write_text(pace_page(), encoding="utf-8")
