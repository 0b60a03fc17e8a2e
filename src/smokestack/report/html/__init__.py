"""Writes `report.html`: one file that a person opens, without a network, beside `run.json`.

A pure function of the result model: the same run gives the same file, then or later.
"""

from smokestack.report.html.page import NAME, render, write
from smokestack.report.html.words import slug
from smokestack.results import CheckResult

__all__ = ["NAME", "link_to", "render", "write"]


def link_to(check: CheckResult) -> str:
    """Where a check is on the page, seen from its folder."""
    return f"{NAME}#{slug(check.id, check.subject)}"
