"""What is at the bottom of an error of ours, or of a miss, if that is more than the check's own
matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from smokestack.errors import NoAccess, NotReady, ServerExited, SmokestackError, Unreachable
from smokestack.results import Cause, CauseKind, Judgement, Verdict
from smokestack.system import Signal

KINDS: tuple[tuple[type[SmokestackError], CauseKind], ...] = (
    (ServerExited, CauseKind.ENDED),
    (NotReady, CauseKind.NOT_READY),
    (Unreachable, CauseKind.UNREACHABLE),
    (NoAccess, CauseKind.NO_ACCESS),
)
"""Errors on a server that stand in the way of whatever asks it."""


def more_than_made(judged: Judgement, signal: Signal, *, nothing_lost: bool) -> Judgement:
    """The same judgement, with its cause where all that it misses is too much of a signal: other
    checks of that signal then find the same.
    """
    if judged.verdict is not Verdict.MISSED or not nothing_lost:
        return judged
    return replace(judged, cause=Cause(CauseKind.SURPLUS, judged.summary, signal=signal))


def cause_of(error: BaseException) -> Cause | None:
    """The cause that an error, or one that it was raised from, tells of; None where it tells of
    nothing but itself.
    """
    for one in _chain(error):
        for kind, cause in KINDS:
            if isinstance(one, kind) and one.server:
                return Cause(cause, one.message.partition("\n")[0], one.server)
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
