"""Texts and figures as the page shows them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from smokestack.report.text import printable

LONGEST = 4000
"""Characters of one text that are shown; run.json has it whole."""
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """A text of anybody's, as a page can show it: control characters, and those that would turn
    the direction of what follows, are spelled out; what is very long is cut.
    """
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
    return _TURNING.sub(lambda found: f"\\u{ord(found[0]):04x}", printable(cut))


def finalize(value: object) -> object:
    """What a template writes: markup of ours as it stands, anything else as a clean text."""
    if value is None:
        return ""
    return value if isinstance(value, Markup) else clean(str(value))


def short(text: str, limit: int = 40) -> str:
    """A text for a chart, where there is little room."""
    text = clean(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def number(figure: float) -> str:
    """A figure as people write it: 20,050, 0.21, 0.00042."""
    if figure == int(figure) and abs(figure) < 1e15:
        return f"{int(figure):,}"
    return f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:.3g}"


def amount(figure: float, unit: str) -> str:
    """A figure with its unit; a share as a percentage, bytes as KiB, MiB and so on."""
    if unit == "share":
        return f"{figure * 100:.5g}%"
    if unit == "B":
        return _bytes(figure)
    return f"{number(figure)} {unit}".strip()


def _bytes(figure: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(figure) < 1024:
            return f"{number(figure)} {unit}"
        figure /= 1024
    return f"{number(figure)} TiB"


def seconds(value: float) -> str:
    """A duration: 12 ms, 3.1 s, 4 min 5 s."""
    if abs(value) < 1:
        return f"{value * 1000:.0f} ms"
    if abs(value) < 120:
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60)} s"


def moment(at: float) -> str:
    """A moment in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def slug(*parts: str) -> str:
    """A fragment that a link can have: letters, digits, dots and dashes."""
    return ":".join(re.sub(r"[^A-Za-z0-9._-]+", "-", part) for part in parts if part)


def plural(count: int, word: str) -> str:
    """1 check, 2 checks."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def statuses(rows: Iterable[Mapping[str, Any]]) -> str:
    """A ledger by status, in one line."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts["no answer" if row["status"] is None else str(row["status"])] += row["count"]
    return ", ".join(f"{status}: {count:,}" for status, count in sorted(counts.items()))
