"""What a rule selects and Prometheus does not have: where the rule is blind.

First says which counts of series decide that, then, given the counts, what is lacking. Each gap is
its own cause: of a metric that is not there no labels are missed, of a label that is not there no
values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from smokestack.expressions import Demand, Reading
from smokestack.matchers import NAME, Matcher, Selector

Counts = Mapping[Selector, int]
"""How many series each selector has."""


class Kind(StrEnum):
    """What it is that is not there."""

    METRIC = "metric"
    LABEL = "label"
    VALUE = "value"
    TOGETHER = "together"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is not there: of which selector, which label, and what asks for it."""

    kind: Kind
    of: Selector
    label: str = ""
    by: str = ""


@dataclass(frozen=True)
class Expected:
    """All that a rule reads, but for what is declared to match nothing while all is well."""

    reading: Reading
    conditional: frozenset[Matcher] = frozenset()

    @property
    def stale(self) -> list[Matcher]:
        """What is declared although the rule has no such matcher."""
        used = {one for selector in self.reading.selectors for one in selector.matchers}
        return sorted(self.conditional - used, key=str)

    def wanted(self, selector: Selector) -> Selector | None:
        """What must have series: the selector without its conditional matchers. None where nothing
        need be there.
        """
        whole = any(one.label == NAME for one in selector.matchers if one in self.conditional)
        left = selector.but(self.conditional)
        return None if whole or not left.sound else left

    def _shown(self, selector: Selector) -> Selector:
        """The series on which labels are looked for that are asked of a selector."""
        return self.wanted(selector) or selector

    def _ground(self, selector: Selector) -> Selector:
        """The series on which a selector's own labels are looked for: the whole metric."""
        return selector.family if selector.family != selector else self._shown(selector)

    @property
    def questions(self) -> dict[Selector, bool]:
        """Every selector whose series must be counted, so that the gaps can be told, and whether
        it must have some.
        """
        asked = [pair for one in self.reading.selectors for pair in self._about(one)]
        for demand in self.reading.demands:
            for one in demand.source.selectors:
                due = self.wanted(one) is not None and demand.source.any_of is None
                asked.append((self._shown(one).having(demand.label), due))
        needed = {one for one, must in asked if must}
        return {one: one in needed for one, _ in asked}

    def _about(self, selector: Selector) -> Iterator[tuple[Selector, bool]]:
        wanted, ground = self.wanted(selector), self._ground(selector)
        yield selector, wanted == selector
        if wanted is None:
            return
        yield wanted, True
        yield ground, True
        for one in selector.labelled:
            if not one.wants_none:
                yield ground.having(one.label), True
            if one in wanted.matchers:
                yield ground.also(one), True

    def gaps(self, counts: Counts) -> tuple[Gap, ...]:
        """What is not there. Raises KeyError where a question was not answered."""
        found = [gap for one in self.reading.selectors for gap in self._of_selector(one, counts)]
        found += [gap for demand in self.reading.demands for gap in self._of_demand(demand, counts)]
        return tuple(dict.fromkeys(found))

    def _of_selector(self, selector: Selector, counts: Counts) -> Iterator[Gap]:
        wanted, ground = self.wanted(selector), self._ground(selector)
        if wanted is None:
            return
        if not counts[ground]:
            named = ground == selector.family and not ground.labelled
            yield Gap(Kind.METRIC if named else Kind.TOGETHER, ground)
            return
        lacking = [
            one
            for one in selector.labelled
            if not one.wants_none and not counts[ground.having(one.label)]
        ]
        yield from (Gap(Kind.LABEL, ground, one.label, str(one)) for one in lacking)
        if not counts[wanted] and not lacking:
            yield from _unmatched(wanted, ground, counts)

    def _of_demand(self, demand: Demand, counts: Counts) -> Iterator[Gap]:
        def has(selector: Selector) -> bool:
            shown = self._shown(selector)  # of what is not there, nothing can be told
            return not counts[shown] or counts[shown.having(demand.label)] > 0

        if not demand.source.possible:
            yield Gap(Kind.LEFT_OUT, Selector(()), demand.label, demand.by)
        elif not demand.source.holds(has):
            lacking = [self._shown(one) for one in demand.source.selectors if not has(one)]
            yield from (Gap(Kind.LABEL, one, demand.label, demand.by) for one in lacking)


def _unmatched(wanted: Selector, ground: Selector, counts: Counts) -> Iterator[Gap]:
    """Why a selector matches no series of a metric that has series: which matcher, or all."""
    alone = [one for one in wanted.labelled if not counts[ground.also(one)]]
    yield from (Gap(Kind.VALUE, ground, one.label, str(one)) for one in alone)
    if not alone:
        yield Gap(Kind.TOGETHER, wanted)
