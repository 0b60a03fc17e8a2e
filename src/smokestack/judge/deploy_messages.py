"""deploy.new-errors: what is logged as an error since a deploy, and never was before it?

Messages are compared without what is different in each of them. A message that nobody has seen
before may still be an old one that is rare. How often it came since, against how much was asked for
in both windows, says how likely that is; and all such messages are held against those that were
only seen before, since for each rare one that chance puts after, others are put before.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from smokestack.deploys import Labels, Lines, Windows
from smokestack.judge.conclude import conclude, named, unmeasured
from smokestack.judge.deploy import said
from smokestack.judge.proportions import share_of
from smokestack.results import Evidence, Finding, Judgement

CHANCE = 0.01
"""What is rarer than this is not put down to chance."""

SHOWN = 200
"""Characters of a message that are shown."""

QUOTED = re.compile(r"""\"[^"]*\"|(?<!\w)'[^']*'(?!\w)|`[^`]*`""")
WITH_DIGITS = re.compile(r"[A-Za-z_-]*[0-9][A-Za-z0-9_.:-]*")
"""Numbers, ids, hashes, addresses, UUIDs."""


def normalised(message: str) -> str:
    """A message without numbers, ids and what stands between quotes, so that two that tell of the
    same are equal.
    """
    return " ".join(WITH_DIGITS.sub("#", QUOTED.sub("<text>", message)).split())


def new_errors(lines: Lines, weights: tuple[float, float], windows: Windows) -> Judgement:
    """Whether there are messages of errors that were not there before. `weights` are how much was
    asked for before and after, such as requests.
    """
    before, after = _messages(lines.before), _messages(lines.after)
    new = {one: number for one, number in after.items() if one not in before}
    gone = sum(number for one, number in before.items() if one not in after)
    shown = (
        Evidence("messages", "only after", _list(new), "none"),
        Evidence("messages", "in both", _list({one: after[one] for one in after if one in before})
                 or "none", "may be there"),
    )  # fmt: skip
    if not weights[0] or not weights[1]:
        return unmeasured(f"no requests were counted in one of the windows, {said(windows)}", shown)
    if not new:
        text = f"{len(after)} messages of errors, none of them new, {said(windows)}"
        return conclude(text, (), shown)
    share = weights[1] / sum(weights)
    together = share_of(sum(new.values()) + gone, sum(new.values()), share)
    surely = [one for one, n in new.items() if together < CHANCE or share**n < CHANCE]
    if not surely:
        text = f"too little to tell whether they are new: {named(map(_short, new))}"
        return unmeasured(text, shown)
    found = sorted(surely, key=lambda one: (-new[one], one))
    return conclude("", [Finding(f"new, {new[one]} times: {_short(one)}") for one in found], shown)


def _messages(lines: Mapping[Labels, float]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for labels, number in lines.items():
        of = dict(labels)
        found[of.get("service", ""), normalised(of.get("message", ""))] += int(number)
    return dict(found)


def _short(one: tuple[str, str]) -> str:
    service, message = one
    text = message or "(a line without a message)"
    return f"{service}: {text if len(text) <= SHOWN else text[:SHOWN] + '…'}"


def _list(messages: Mapping[tuple[str, str], int]) -> str:
    def lines() -> Iterable[str]:
        for one, number in sorted(messages.items(), key=lambda pair: -pair[1])[:20]:
            yield f"{number} × {_short(one)}"

    return "; ".join(lines())
