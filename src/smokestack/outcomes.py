"""What became of a check: its judgement, also where it could not return one, and the exit code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smokestack.errors import SmokestackError
from smokestack.judge.cause import cause_of
from smokestack.results import (
    EXIT_MISSED,
    EXIT_NOTHING,
    EXIT_UNMEASURED,
    Finding,
    Judgement,
    Verdict,
)
from smokestack.run import Run

JUDGEMENT = pytest.StashKey[Judgement]()
"""Where the plugin keeps what a check returned."""


def judgement_of(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> Judgement:
    """The judgement of a check, also where it could not return one."""
    if JUDGEMENT in item.stash:
        return item.stash[JUDGEMENT]
    error = call.excinfo.value if call.excinfo else None
    if report.skipped:
        return Judgement(Verdict.SKIPPED, str(getattr(error, "msg", error)))
    if isinstance(error, SmokestackError):
        summary, _, rest = error.message.partition("\n")
        found = "\n".join(part for part in (rest, error.hint and f"next: {error.hint}") if part)
        findings = (Finding(found),) if found else ()
        return Judgement(Verdict.UNMEASURED, summary, findings, cause=cause_of(error))
    if isinstance(error, AssertionError):
        return Judgement(Verdict.MISSED, str(error).splitlines()[0] if str(error) else "assertion")
    return Judgement(Verdict.UNMEASURED, f"the check broke: {type(error).__name__}: {error}")


def unless_dead(run: Run, judgement: Judgement) -> Judgement:
    """A server that went away mid-run explains what is missing: nothing can be told then."""
    try:
        if run.stack is not None:
            run.stack.check_alive()
    except SmokestackError as error:
        ended = error.message.splitlines()[0]
        cause = cause_of(error)
        if ended in judgement.summary:  # it says so itself
            return replace(judgement, cause=cause)
        text = f"{ended}; without it: {judgement.summary}"
        findings = judgement.findings if judgement.verdict is Verdict.UNMEASURED else ()
        return Judgement(Verdict.UNMEASURED, text, findings, judgement.evidence, cause=cause)
    return judgement


def exit_code(run: Run, session: pytest.Session) -> int:
    """The exit code of a session that ran to its end."""
    verdicts = [check.verdict for check in run.checks]
    not_met = sum(v in (Verdict.MISSED, Verdict.UNMEASURED) for v in verdicts)
    if Verdict.MISSED in verdicts or session.testsfailed > not_met:
        return EXIT_MISSED
    if Verdict.UNMEASURED in verdicts:
        return EXIT_UNMEASURED
    return 0 if Verdict.MET in verdicts else EXIT_NOTHING
