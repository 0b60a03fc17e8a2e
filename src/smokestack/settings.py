"""What the user chose for a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from smokestack.deploys import NO_DEPLOY, Asked
from smokestack.load.asked import DECLARED, Wish
from smokestack.stack.plan import READY_S


@dataclass(frozen=True)
class Settings:
    """What the user chose. `pace` is fast or real."""

    root: Path
    system: str
    pace: str
    report_dir: Path
    stack: str = "auto"
    keep_stack: bool = False
    start_timeout_s: float = READY_S
    stack_file: Path | None = None
    """What says where a stack answers that somebody else runs."""
    html: bool = True
    events: Path | None = None
    """Where what happens is written as it happens."""
    baseline: Path | None = None
    """The `run.json` of an earlier run, or its folder."""
    metrics_push: str | None = None
    """Where the metrics of the run itself are sent, as OTLP over HTTP."""
    wish: Wish = DECLARED
    deploy: Asked = NO_DEPLOY
