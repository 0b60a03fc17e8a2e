"""Whether this machine has the databases and their exporters: exit code 1, and which it lacks."""

from __future__ import annotations

import os
import sys

import pytest

from smokestack.errors import MissingBinary
from smokestack.stack.binaries import find_binary

PROGRAMS = ("postgres", "redis-server", "postgres_exporter", "redis_exporter")
SERVERS = ("postgres", "redis", "postgres-exporter", "redis-exporter")


def lacking() -> list[str]:
    """Why each that is missing cannot be run, with the command that helps."""
    why = []
    for name in PROGRAMS:
        try:
            find_binary(name)
        except MissingBinary as error:
            why.append(error.message)
    return why


def require() -> None:
    """Skip where one is missing; never in CI."""
    if (why := lacking()) and os.environ.get("CI") != "true":
        pytest.skip("; ".join(why))


if __name__ == "__main__":
    sys.exit("\n".join(lacking()) or 0)
