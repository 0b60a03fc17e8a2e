"""A comparison of two runs in lines that a person reads."""

from __future__ import annotations

from collections.abc import Iterator

from smokestack.report.compare import Changed, Comparison, Moved
from smokestack.report.html.words import amount
from smokestack.report.text import printable
from smokestack.results import Measurement

SHOWN = 20
"""Figures, and durations, that are written out."""


def lines(found: Comparison) -> Iterator[str]:
    """All that differs, what is worse first."""
    yield from (printable(line) for line in _lines(found))


def _lines(found: Comparison) -> Iterator[str]:
    for name, before, after in found.unlike:
        yield f"not alike: {name} {before} and {after}"
    yield from _verdicts(found)
    yield from _figures(found)
    yield "durations:"
    for took in found.durations[:SHOWN]:
        yield f"  {took.name}: {took.before_s:.1f} s → {took.after_s:.1f} s"
    yield "worse: less is proven than before" if found.worse else "not worse"


def _verdicts(found: Comparison) -> Iterator[str]:
    if not found.changed:
        yield "verdicts: all as before"
        return
    yield "verdicts:"
    for one in found.changed:
        yield f"  {'✗' if one.worse else '·'} {one.name}: {_change(one)}"


def _change(one: Changed) -> str:
    if one.after is None:
        return f"{one.before.verdict if one.before else ''} → not asked any more"
    was = one.before.verdict if one.before else "not asked"
    return f"{was} → {one.after.verdict}: {one.after.judgement.summary}"


def _figures(found: Comparison) -> Iterator[str]:
    if found.moved:
        yield "figures:"
    for one in found.moved[:SHOWN]:
        yield f"  {_moved(one)}"
    if len(found.moved) > SHOWN:
        yield f"  and {len(found.moved) - SHOWN} more"
    if found.within:
        yield f"figures that moved within their intervals: {found.within}"


def _moved(one: Moved) -> str:
    text = f"{one.name}: {_amount(one.before)} → {_amount(one.after)}"
    if one.share != float("inf"):
        text += f" ({one.share:+.0%})"
    return text + (", outside its interval" if one.outside else "")


def _amount(one: Measurement) -> str:
    text = amount(one.figure, one.unit)
    if one.interval:
        low, high = (amount(bound, one.unit) for bound in one.interval)
        text += f" [{low} to {high}]"
    return text
