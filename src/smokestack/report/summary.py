"""Writes `summary.md`: a run in a screenful, for a pull request or a CI's job summary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from smokestack.report.causes import Shared, causes
from smokestack.report.files import written
from smokestack.report.html.words import clean
from smokestack.report.text import names
from smokestack.results import CheckResult, RunResult, Verdict

NAME = "summary.md"
CAUSES = 20
"""Causes that are written out; the report has them all."""
LONGEST = 500
"""Characters of one sentence."""
SIGNS = {
    Verdict.MET: "✅",
    Verdict.MISSED: "❌",
    Verdict.UNMEASURED: "❔",
    Verdict.SKIPPED: "⏭️",
}
HEADLINES = (
    "metrics.counter-delta", "logs.count", "traces.count", "correlation.id-joins",
    "latency.metrics", "latency.logs", "latency.traces",
)  # fmt: skip
"""Checks whose sentences say most of a run that is met."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$@&])")


def write(result: RunResult, folder: Path) -> Path:
    """Write `summary.md` beside `run.json`, whole or not at all. Raises UsageError."""
    return written(folder / NAME, render(result))


def render(result: RunResult) -> str:
    """The whole page, in GitHub's Markdown, which GitLab reads as well."""
    blocks = [
        f"## {SIGNS[result.verdict]} smokestack: {escaped(result.system)} {result.verdict.value}",
        _ran(result),
        *_needs_attention(causes(result.checks)),
        *_proven(result.checks),
        *_suites(result.checks),
        "The whole report: `report.html` in the run's folder.",
    ]
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """A text of anybody's on one line, as nothing but text: neither a link, a mention nor HTML."""
    flat = " ".join(clean(text).split())
    cut = flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"
    return _SPECIAL.sub(r"\\\1", cut)


def _ran(result: RunResult) -> str:
    counts = Counter(check.verdict for check in result.checks)
    shown = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    stack = (
        f", {escaped(result.stack.backend)} stack" if result.stack else ", the stack never came up"
    )
    text = f"{shown or 'no check was run'}; pace {escaped(result.pace)}{stack}"
    text += f", {result.duration_s:.1f} s in all, run {escaped(result.run_id)}"
    if result.interrupted:
        text += f"; interrupted: {escaped(result.interrupted)}"
    return text


def _needs_attention(found: list[Shared]) -> Iterator[str]:
    if not found:
        return
    yield "### Needs attention, first cause first"
    yield "\n".join(line for one in found[:CAUSES] for line in _cause(one))
    if len(found) > CAUSES:
        yield f"and {len(found) - CAUSES} more"


def _cause(one: Shared) -> Iterator[str]:
    sign, checks = SIGNS[one.verdict], ", ".join(map(escaped, names(one.checks)))
    if one.is_own:
        yield f"- {sign} **{checks}**: {escaped(one.title)}"
        lost = next((f.lost_at for f in one.first.judgement.findings if f.lost_at), None)
        if lost:
            yield f"  - lost at: {escaped(lost)}"
        return
    number = len(one.checks)
    yield f"- {sign} **{escaped(one.title)}**: {number} check{'s' if number != 1 else ''}"
    yield from (f"  - {escaped(told)}" for told in one.told)
    yield f"  - {checks}"


def _proven(checks: Iterable[CheckResult]) -> Iterator[str]:
    """What the most telling checks say, where they are met."""
    said = {check.id: check for check in checks if check.verdict is Verdict.MET}
    lines = [f"- {escaped(said[one].judgement.summary)}" for one in HEADLINES if one in said]
    if lines:
        yield "### Proven"
        yield "\n".join(lines)


def _suites(checks: Iterable[CheckResult]) -> Iterator[str]:
    by_suite: dict[str, Counter[Verdict]] = {}
    for check in checks:
        by_suite.setdefault(check.suite, Counter())[check.verdict] += 1
    if not by_suite:
        return
    head = " | ".join(["suite", *Verdict])
    rows = [
        " | ".join([escaped(name), *(str(counts[verdict] or "") for verdict in Verdict)])
        for name, counts in by_suite.items()
    ]
    lines = [head, " | ".join(["---"] + ["---:"] * len(Verdict)), *rows]
    yield "\n".join(f"| {line} |" for line in lines)
