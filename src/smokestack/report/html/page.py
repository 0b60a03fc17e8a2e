"""Puts the page together: the model, a Jinja2 template, one style sheet, one script.

Every text is escaped, and a content security policy allows no other script than ours and no
network: what a server said cannot become anything but text.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from smokestack.report.files import written
from smokestack.report.html import checks, figures, proven, words
from smokestack.report.html.pictures import pictures
from smokestack.results import RunResult, Verdict

NAME = "report.html"
LARGEST = 3_000_000
"""Bytes: what opens at once, also from an artifact store."""
LIMITS = (50, 10, 3, 1)
"""Findings and pieces of evidence of a check that are shown: the first that is not too large."""
CALLS = 300
"""Calls and changes that are listed; run.json has them all."""


def write(result: RunResult, folder: Path) -> Path:
    """Write `report.html` beside `run.json`, whole or not at all.

    Raises UsageError when it cannot be written.
    """
    room = "make room, then: smokestack report run.json --format html"
    return written(folder / NAME, render(result), room)


def render(result: RunResult) -> str:
    """The whole page. Shows less of each check where it would be larger than LARGEST."""
    values = _values(result)
    text = ""
    for limit in LIMITS:
        text = _template().render(**values, **_checks(result, limit))
        if len(text.encode()) < LARGEST:
            break
    return text


def _values(result: RunResult) -> dict[str, Any]:
    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    counts = Counter(check.verdict for check in result.checks)
    return {
        "result": result,
        "counts": {verdict: counts[verdict] for verdict in Verdict},
        "proofs": proven.proofs(result),
        "pictures": pictures(result),
        "hops": figures.hops(result),
        "objectives": figures.objectives(result.measurements),
        "others": figures.others(result),
        "ways": result.waterfalls,
        "bounded": any(one.budget for one in figures.others(result)),
        "calls_shown": CALLS,
        "style": Markup(_asset("page.css")),  # noqa: S704 - a file of ours
        "script": Markup(script),  # noqa: S704 - a file of ours
        "digest": digest,
    }


def _checks(result: RunResult, limit: int) -> Mapping[str, Any]:
    suites = checks.suites(result.checks, limit)
    shown = [one for suite in suites for one in suite.shown]
    return {
        "suites": suites,
        "causes": checks.attention(shown),
        "skipped": checks.skipped(shown),
        "links": {(one.check.id, one.check.subject): one.link for one in shown},
    }


@cache
def _asset(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("smokestack.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "amount": words.amount,
        "figure": words.number,
        "seconds": words.seconds,
        "moment": words.moment,
        "plural": words.plural,
        "statuses": words.statuses,
    }
    environment.globals |= {"Verdict": Verdict, "SIGNS": checks.SIGNS, "slug": words.slug}
    return environment.get_template("page.html.j2")
