"""What of a deploy matters: how much worse a new version may be before it is said to be worse."""

from __future__ import annotations

from typing import Annotated

import pydantic

from smokestack.system.units import Seconds, Section, Share

Quantile = Annotated[float, pydantic.Field(gt=0, lt=1)]


class Slower(Section):
    """A quantile of latency rose if it is higher than before by this share, and by this much."""

    quantiles: tuple[Quantile, ...] = pydantic.Field(default=(0.5, 0.95), min_length=1)
    share: Share = 0.25
    at_least: Seconds = 0.02


class Deploy(Section):
    """What is compared before and after a deploy. A smaller change is none that matters.

    `version` is the metric of the application whose labels say which version runs; `up` where the
    labels of its scrape targets do. `before` is how many times as long the window before is.
    `errors` are the statuses of a failed request (a regular expression), `error_rate` and
    `log_errors` by how many requests, or lines of `error_levels` a request, in a hundred it may get
    worse. `message` is the field of a line that says what went wrong. `own_labels` belong to a
    single process and change with each deploy.
    """

    version: str = "up"
    before: Annotated[float, pydantic.Field(ge=1)] = 3
    errors: str = "5.."
    error_rate: Share = 0.01
    latency: Slower = Slower()
    error_levels: tuple[str, ...] = ("error", "critical", "fatal", "panic", "alert", "emergency")
    log_errors: Share = 0.01
    message: str = "message"
    own_labels: tuple[str, ...] = (
        "instance", "pod", "pod_name", "container_id", "node", "host", "hostname", "uid",
        "pod_template_hash", "version",
    )  # fmt: skip
