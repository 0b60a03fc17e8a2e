"""Docker's Compose plugin where there is none: built from its Go module, like a native server.

    python -m tests.docker.compose_plugin

It is put where the docker command of this user looks for it. One that works is left as it is.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from smokestack.errors import SmokestackError
from smokestack.stack.binaries import find_binary
from smokestack.stack.install import install
from tests.docker.engine import EngineError, docker

COMMAND = "python -m tests.docker.compose_plugin"
SERVERS = Path(__file__).parent / "servers.yaml"


def has_compose() -> bool:
    """Whether `docker compose` works."""
    try:
        docker("compose", "version")
    except EngineError:
        return False
    return True


def have_compose() -> None:
    """Have `docker compose` work when this returns.

    Raises:
        SmokestackError: when it cannot be built, or does not work.
    """
    if has_compose():
        return
    os.environ["SMOKESTACK_SERVERS"] = str(SERVERS)
    install()
    _put(find_binary("docker-compose"))
    version = docker("compose", "version", "--short").strip()
    sys.stdout.write(f"installed Docker Compose {version}\n")


def _put(program: Path) -> None:
    configuration = Path(os.environ.get("DOCKER_CONFIG") or "~/.docker").expanduser()
    plugins = configuration / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    # It appears whole or not at all.
    beside = plugins / ".docker-compose.new"
    shutil.copy2(program, beside)
    beside.rename(plugins / "docker-compose")


if __name__ == "__main__":
    try:
        have_compose()
    except SmokestackError as error:
        sys.exit(f"the compose plugin: {error}")
