"""Why a run was not met, first cause first: checks that say one thing are told as one.

What stands in the way of whatever asks (a server that ended, or that does not answer) comes before
the hop at which a signal was lost, or a signal of which there is too much, that before what a check
says for itself, and what could not be timed or told comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from smokestack.results import CauseKind, CheckResult, Verdict, worst

OWN = "own"
"""The kind beside those of `CauseKind`: a check's own matter."""

TITLES = {
    CauseKind.ENDED: "{server} ended",
    CauseKind.NOT_READY: "the stack did not come up: {server} did not become ready",
    CauseKind.UNREACHABLE: "{server} cannot be reached",
    CauseKind.NO_ACCESS: "{server} does not let us ask",
    CauseKind.LOST: "{signal} lost at {hop}",
    CauseKind.SURPLUS: "more {signal} than requests made",
    CauseKind.UNTIMED: "times cannot be told",
}
OF_SERVERS = (
    CauseKind.ENDED,
    CauseKind.NOT_READY,
    CauseKind.UNREACHABLE,
    CauseKind.NO_ACCESS,
)
"""Kinds about one server, the one that explains the others first."""
OF_SIGNALS = (CauseKind.LOST, CauseKind.SURPLUS)
"""Kinds about what became of a signal."""
TOLD = 3
"""Sentences that are kept of what the checks of one cause were told."""

Key = tuple[object, ...]


@dataclass(frozen=True)
class Shared:
    """One cause with the checks that it explains, in their order. `told` is what was seen."""

    kind: str
    title: str
    checks: tuple[CheckResult, ...]
    told: tuple[str, ...] = ()
    server: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of its checks."""
        return worst(check.verdict for check in self.checks)

    @property
    def first(self) -> CheckResult:
        """The first check that it is seen by."""
        return self.checks[0]

    @property
    def telling(self) -> CheckResult:
        """The first check that says more than that it could not be told, such as what to do."""
        return next((one for one in self.checks if one.judgement.findings), self.first)

    @property
    def is_own(self) -> bool:
        """Whether it is but what one check, or several alike, say for themselves."""
        return self.kind == OWN


def causes(checks: Iterable[CheckResult]) -> list[Shared]:
    """All causes of checks that are missed or unmeasured; each such check is in exactly one."""
    red = [one for one in checks if one.verdict in (Verdict.MISSED, Verdict.UNMEASURED)]
    worst_of = _worst_of_servers(red)
    groups: dict[Key, list[CheckResult]] = {}
    for check in red:
        groups.setdefault(_key(check, worst_of), []).append(check)
    found = [_shared(key, group) for key, group in groups.items()]
    return sorted(found, key=_rank)  # of equals, the first that was seen stays first


def _worst_of_servers(checks: Sequence[CheckResult]) -> dict[str, CauseKind]:
    """What is the matter with each server: one that ended cannot be reached either."""
    seen: dict[str, set[CauseKind]] = {}
    for check in checks:
        cause = check.judgement.cause
        if cause and cause.server:
            seen.setdefault(cause.server, set()).add(cause.kind)
    return {
        server: next((kind for kind in OF_SERVERS if kind in kinds), min(kinds))
        for server, kinds in seen.items()
    }


def _key(check: CheckResult, worst_of: dict[str, CauseKind]) -> Key:
    cause, judgement = check.judgement.cause, check.judgement
    if cause is None:
        return OWN, check.verdict, judgement.summary, judgement.findings
    kind = worst_of[cause.server] if cause.server else cause.kind
    return kind, cause.server, cause.signal, cause.hop


def _shared(key: Key, group: list[CheckResult]) -> Shared:
    causes_of = [check.judgement.cause for check in group if check.judgement.cause]
    alone = len(group) == 1 and key[0] in OF_SIGNALS  # that check tells it best
    if not causes_of or alone:
        return Shared(OWN, group[0].judgement.summary, tuple(group))
    kind, first = CauseKind(str(key[0])), causes_of[0]
    title = TITLES[kind].format(server=first.server, signal=first.signal, hop=first.hop)
    told = tuple(dict.fromkeys(cause.told for cause in causes_of))[:TOLD]
    return Shared(kind.value, title, tuple(group), told, first.server)


def _rank(one: Shared) -> int:
    if one.server is not None:
        return 0
    if one.kind in OF_SIGNALS:
        return 1
    if one.verdict is Verdict.MISSED:
        return 2
    return 3 if not one.is_own else 4
