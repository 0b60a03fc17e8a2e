"""grafana.deployments: is a deployment that was marked shown where it must be?"""

from __future__ import annotations

from collections.abc import Iterator

from smokestack.judge.conclude import conclude, named
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import DeploymentSeen


def deployments(seen: DeploymentSeen, query: str, repeat: str) -> Judgement:
    """What was marked is read back as it was written, is shown by each dashboard that must show
    it, and is gone when it was taken away.

    `query` is what was asked for it, `repeat` a shell command that asks again.
    """
    tags = named(seen.written.tags, 12)
    evidence = Evidence(
        "annotation",
        query,
        f"{seen.found.text!r} with {named(seen.found.tags, 12)}" if seen.found else "nothing",
        f"{seen.written.text!r} with {tags}",
        repeat,
    )
    findings = [Finding(text) for text in _wrong(seen)]
    summary = f"marked with {tags}, read back, shown on {named(seen.shown, 12)}, removed"
    return conclude(summary, findings, [evidence], exercised=len(seen.shown))


def _wrong(seen: DeploymentSeen) -> Iterator[str]:
    written, found = seen.written, seen.found
    if found is None:
        yield "Grafana took an annotation, and does not find it by its tags"
    elif (found.text, set(found.tags), found.at) != (written.text, set(written.tags), written.at):
        yield f"the annotation came back as another one: {found.text!r} with {named(found.tags)}"
    for uid, why in seen.shown.items():
        if why:
            yield f"dashboard {uid} does not show a deployment: {why}"
    if not seen.removed:
        yield "the annotation is still found after it was removed"
