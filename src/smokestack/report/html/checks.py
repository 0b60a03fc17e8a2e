"""Checks as the page shows them: by suite, by cause, and those that were skipped by reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from smokestack.report.causes import Shared, causes
from smokestack.report.html.words import slug
from smokestack.results import CheckResult, Evidence, Finding, Verdict

SIGNS = {Verdict.MET: "✓", Verdict.MISSED: "✗", Verdict.UNMEASURED: "?", Verdict.SKIPPED: "–"}


@dataclass(frozen=True)
class Shown:
    """One check. `link` is its fragment on the page, of which there is no other."""

    check: CheckResult
    link: str
    findings: Sequence[Finding]
    more_findings: int
    evidence: Sequence[Evidence]
    more_evidence: int

    @property
    def name(self) -> str:
        """Id and subject."""
        return self.check.name

    @property
    def sign(self) -> str:
        """Its verdict as one character."""
        return SIGNS[self.check.verdict]

    @property
    def has_page(self) -> bool:
        """Whether it is a check of ours, which `smokestack explain` knows."""
        return self.check.id.split(".")[0] == self.check.suite

    @property
    def lost_at(self) -> str | None:
        """Where the signal was lost, if that is known."""
        return next((f.lost_at for f in self.check.judgement.findings if f.lost_at), None)

    @property
    def waited(self) -> float | None:
        """The share of the allowed wait that it took; None where it did not wait."""
        allowed, took = self.check.judgement.allowed_s, self.check.judgement.took_s
        return min(took / allowed, 1.0) if allowed and took is not None else None


@dataclass
class Family:
    """All uses of one check id. `link` is that of the id."""

    id: str
    link: str
    shown: list[Shown] = field(default_factory=list)


@dataclass
class Suite:
    """A suite with its checks, each id once."""

    name: str
    families: dict[str, Family] = field(default_factory=dict)

    @property
    def shown(self) -> list[Shown]:
        """All checks of it."""
        return [one for family in self.families.values() for one in family.shown]


def suites(checks: Iterable[CheckResult], limit: int) -> list[Suite]:
    """The suites in their order; of each check at most `limit` findings and pieces of evidence."""
    found: dict[str, Suite] = {}
    taken: set[str] = set()
    for check in checks:
        suite = found.setdefault(check.suite, Suite(check.suite))
        family = suite.families.get(check.id)
        if family is None:
            family = Family(check.id, _free(slug(check.id) or "check", taken))
            suite.families[check.id] = family
        link = _free(slug(check.id, check.subject), taken) if check.subject else family.link
        if any(one.link == link for one in family.shown):
            link = _free(link, taken)
        family.shown.append(_shown(check, link, limit))
    return list(found.values())


def _free(wanted: str, taken: set[str]) -> str:
    link, number = wanted, 1
    while link in taken:
        number += 1
        link = f"{wanted}-{number}"
    taken.add(link)
    return link


def _shown(check: CheckResult, link: str, limit: int) -> Shown:
    judgement = check.judgement
    differing_first = sorted(judgement.evidence, key=lambda one: one.observed == one.expected)
    return Shown(
        check,
        link,
        judgement.findings[:limit],
        max(len(judgement.findings) - limit, 0),
        differing_first[:limit],
        max(len(judgement.evidence) - limit, 0),
    )


@dataclass(frozen=True)
class Attention:
    """One cause, and the checks that it explains as the page shows them."""

    cause: Shared
    shown: Sequence[Shown]

    @property
    def first(self) -> Shown:
        """The first check that it is seen by."""
        return self.shown[0]


def attention(shown: Iterable[Shown]) -> list[Attention]:
    """What needs a person, first cause first."""
    by_check = {id(one.check): one for one in shown}
    found = causes(one.check for one in by_check.values())
    return [Attention(cause, [by_check[id(one)] for one in cause.checks]) for cause in found]


def skipped(shown: Iterable[Shown]) -> dict[str, list[Shown]]:
    """Reason -> the checks that were skipped for it; the commonest first."""
    reasons: dict[str, list[Shown]] = {}
    for one in shown:
        if one.check.verdict is Verdict.SKIPPED:
            reasons.setdefault(one.check.judgement.summary, []).append(one)
    return dict(sorted(reasons.items(), key=lambda item: -len(item[1])))
