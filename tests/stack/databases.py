"""Whether this machine has the databases, their exporters and the queue: exit code 1, and which it
lacks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import pytest

from smokestack.errors import MissingBinary
from smokestack.stack.binaries import find_binary

PROGRAMS = ("postgres", "redis-server", "postgres_exporter", "redis_exporter")
QUEUE = ("rabbitmq-server",)
SERVERS = ("postgres", "redis", "postgres-exporter", "redis-exporter")


def lacking(programs: Sequence[str]) -> list[str]:
    """Why each that is missing cannot be run, with the command that helps."""
    why = []
    for name in programs:
        try:
            find_binary(name)
        except MissingBinary as error:
            why.append(error.message)
    return why


def require(programs: Sequence[str] = PROGRAMS) -> None:
    """Skip where one is missing; never in CI."""
    if (why := lacking(programs)) and os.environ.get("CI") != "true":
        pytest.skip("; ".join(why))


if __name__ == "__main__":
    sys.exit("\n".join(lacking((*PROGRAMS, *QUEUE))) or 0)
