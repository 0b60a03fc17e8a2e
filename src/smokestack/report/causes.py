"""Why a run was not met, first cause first: checks that say one thing are told as one.

What stands in the way of whatever asks (a server that ended, or that does not answer) comes before
the hop at which a signal was lost, that before what a check says for itself, and what could not be
timed or told comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from smokestack.results import Cause, CauseKind, CheckResult, Judgement, Verdict, worst

LOST = "lost"
OWN = "own"
"""Kinds beside those of `CauseKind`: a hop where a signal was lost, and a check's own matter."""

TITLES = {
    CauseKind.ENDED: "{server} ended",
    CauseKind.NOT_READY: "the stack did not come up: {server} did not become ready",
    CauseKind.UNREACHABLE: "{server} cannot be reached",
    CauseKind.NO_ACCESS: "{server} does not let us ask",
    CauseKind.UNTIMED: "times cannot be told",
}
OF_SERVERS = (
    CauseKind.ENDED,
    CauseKind.NOT_READY,
    CauseKind.UNREACHABLE,
    CauseKind.NO_ACCESS,
)
"""Kinds about one server, the one that explains the others first."""
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
    found = [one for key, group in groups.items() for one in _shared(key, group)]
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
    judgement = check.judgement
    if (cause := judgement.cause) is not None:
        kind = worst_of[cause.server] if cause.server else cause.kind
        return kind, cause.server
    if check.verdict is Verdict.MISSED and (hop := _hop(judgement)):
        return LOST, hop
    return _alike(check)


def _alike(check: CheckResult) -> Key:
    judgement = check.judgement
    return OWN, check.verdict, judgement.summary, judgement.findings


def _hop(judgement: Judgement) -> str | None:
    """The hop at which a signal was lost, without the figures that follow it."""
    lost = next((one.lost_at for one in judgement.findings if one.lost_at), None)
    return lost.partition(":")[0] if lost else None


def _shared(key: Key, group: list[CheckResult]) -> Iterator[Shared]:
    kind = str(key[0])
    told = tuple(dict.fromkeys(_told(check) for check in group))[:TOLD]
    if kind == OWN:
        yield Shared(OWN, group[0].judgement.summary, tuple(group))
    elif kind != LOST:
        server = str(key[1]) if key[1] else None
        title = TITLES[CauseKind(kind)].format(server=server)
        yield Shared(kind, title, tuple(group), told, server)
    elif len(group) > 1:
        told = tuple(one for one in told if one != key[1])
        yield Shared(LOST, f"lost at {key[1]}", tuple(group), told)
    else:  # a signal that one check misses is told best by that check
        yield Shared(OWN, group[0].judgement.summary, tuple(group))


def _told(check: CheckResult) -> str:
    cause: Cause | None = check.judgement.cause
    if cause is not None:
        return cause.told
    return next((one.lost_at for one in check.judgement.findings if one.lost_at), "")


def _rank(one: Shared) -> int:
    if one.server is not None:
        return 0
    if one.kind == LOST:
        return 1
    if one.verdict is Verdict.MISSED:
        return 2
    return 3 if one.kind != OWN else 4
