"""Writes `report.html`: one file that a person opens, without a network, beside `run.json`.

A pure function of the result model: the same run gives the same file, then or later.
"""

from smokestack.report.html.page import render, write

__all__ = ["render", "write"]
