"""collector.*: from whom it takes, and what of it is not passed on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from smokestack.judge.conclude import conclude
from smokestack.results import Evidence, Finding, Judgement
from smokestack.system import System, given

LINE = "the line"
"""The name under which a line's own text stands beside its attributes."""


@dataclass(frozen=True)
class Arrived:
    """What of a span and of lines is in the stores: texts by their names. `secret` stood in each
    thing that had to be scrubbed; `lines_sent` is how many lines there must be. `query` finds
    these, and `repeat` is a command that asks it again.
    """

    secret: str
    lines_sent: int
    spans: Sequence[Mapping[str, str]]
    lines: Sequence[Mapping[str, str]]
    query: str = ""
    repeat: str = ""


def scrubbing(system: System, arrived: Arrived, evidence: Evidence) -> Judgement:
    """Nothing that is secret is in the stores, and what is not is there, unchanged."""
    promised = given(system.collector).scrubbing
    findings = []
    if not arrived.spans:
        findings.append(Finding("the span that was sent is not in the trace store", "collector"))
    if len(arrived.lines) != arrived.lines_sent:
        text = f"{len(arrived.lines)} of {arrived.lines_sent} lines that were sent are in Loki"
        findings.append(Finding(text, "collector"))
    for what, found in (("the span", arrived.spans), ("a line", arrived.lines)):
        for one in found:
            findings += _leaks(what, one, arrived.secret)
            findings += _altered(what, one, promised.kept)
    number = len(promised.attributes)
    summary = (
        f"{number} attributes of a span and of {arrived.lines_sent} lines, and the lines "
        f"themselves, arrived without their secrets"
    )
    return conclude(summary, dict.fromkeys(findings), [evidence], exercised=len(arrived.spans))


def _leaks(what: str, texts: Mapping[str, str], secret: str) -> Iterator[Finding]:
    for name, text in sorted(texts.items()):
        if secret in text:
            shown = text.replace(secret, "<secret>")
            where = "a line" if name == LINE else f"attribute {name} of {what}"
            yield Finding(f"{where} has its secret: {shown[:120]}", "collector")


def _altered(what: str, texts: Mapping[str, str], kept: Mapping[str, str]) -> Iterator[Finding]:
    """Loki knows an attribute by its name with underscores."""
    for name, value in kept.items():
        seen = texts.get(name, texts.get(name.replace(".", "_")))
        if seen != value:
            yield Finding(f"attribute {name} of {what} is {seen!r}, sent as {value!r}", "collector")


def cors(system: System, answers: Mapping[str, str | None], evidence: Evidence) -> Judgement:
    """Pages of the promised origins may send, and no others. `answers` are, by origin, who may."""
    promised = given(system.collector).cors
    findings = [
        Finding(f"{origin} may not send: the answer names {answers[origin] or 'nobody'}")
        for origin in promised.allowed
        if answers[origin] not in (origin, "*")
    ]
    findings += [
        Finding(f"{origin} may send, and must not: the answer names {answers[origin]}")
        for origin in promised.refused
        if answers[origin] in (origin, "*")
    ]
    summary = f"{', '.join(promised.allowed)} may send; {', '.join(promised.refused)} may not"
    return conclude(summary, findings, [evidence], exercised=len(answers))
