"""The result that is kept with the project: the last figures of each benchmark, as JSON.

`docs/performance.md` shows it, `make bench-compare` compares with it. A benchmark that is run
again replaces its own figures alone. All figures are of one machine: on another one only a run of
all benchmarks is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figure import ROOT, Figure
from benchmarks.machine import Hardware

FILE = ROOT / "benchmarks" / "measured.json"


@dataclass(frozen=True)
class Result:
    """What one benchmark came to. `why` says why there are no figures: `not_here` where this
    machine has not got what would be measured, else it could not be measured.
    """

    figures: tuple[Figure, ...]
    measured_on: str
    load_average: float
    software: Mapping[str, str]
    why: str = ""
    not_here: bool = False


@dataclass(frozen=True)
class Measured:
    """The results of benchmarks by name, all of one machine; `hardware` is None before any."""

    hardware: Hardware | None = None
    results: Mapping[str, Result] = field(default_factory=dict)

    def with_these(self, hardware: Hardware, results: Mapping[str, Result]) -> Measured:
        """The same with other results in the place of those of these benchmarks."""
        return Measured(hardware, {**self.results, **results})

    def can_take(self, hardware: Hardware, names: set[str]) -> bool:
        """Whether results of these benchmarks from that machine can stand beside the rest."""
        return self.hardware in (None, hardware) or set(self.results) <= names


def read(path: Path = FILE) -> Measured:
    """What was kept; nothing where there is no file. Raises ValueError for one not understood."""
    if not path.exists():
        return Measured()
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        results = {name: _result(one) for name, one in said["benchmarks"].items()}
        return Measured(Hardware(**said["hardware"]), results)
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: not a result of benchmarks: {error!r}") from error


def write(measured: Measured, path: Path = FILE) -> None:
    """Keep it."""
    if measured.hardware is None:
        return
    results = {name: _said(one) for name, one in measured.results.items()}
    said = {"hardware": asdict(measured.hardware), "benchmarks": results}
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _said(one: Result) -> dict[str, object]:
    return {**asdict(one), "figures": [figure.as_json() for figure in one.figures]}


def _result(said: Mapping[str, Any]) -> Result:
    return Result(**{**said, "figures": tuple(_figure(one) for one in said["figures"])})


def _figure(said: Mapping[str, Any]) -> Figure:
    known = {key: value for key, value in said.items() if key not in ("ratio", "verdict")}
    between = known.get("interval")
    return Figure(**{
        **known,
        "details": tuple(known.get("details", ())),
        "interval": (between[0], between[1]) if between else None,
    })  # fmt: skip
