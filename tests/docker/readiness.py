"""Whether the tests here can run, and if not, why and which command helps.

    python -m tests.docker.readiness     says it in one line

Nothing is installed, started or assembled from here: `.ci/engine` does that, in CI only.
"""

from __future__ import annotations

import sys

from tests.docker.asked import asked_images
from tests.docker.assemble import COMMAND
from tests.docker.compose_plugin import COMMAND as BUILD_COMPOSE
from tests.docker.compose_plugin import has_compose
from tests.docker.engine import images, why_no_engine
from tests.docker.known_images import can_be_had

INSTALL = "CI=true .ci/engine"


def why_not() -> str | None:
    """Why the tests cannot run, and the command that helps; None if they can."""
    if reason := why_no_engine():
        return f"{reason}. As root, `{INSTALL}` installs and starts one on Debian"
    if not has_compose():
        return f"`docker compose` does not work. `{BUILD_COMPOSE}` builds it"
    if lacking := sorted(_wanted() - images()):
        return (
            f"the engine lacks {', '.join(lacking)}. `docker compose pull` and `docker compose "
            f"build` get the real images; as root, `{COMMAND}` assembles stand-ins"
        )
    return None


def _wanted() -> set[str]:
    asked = asked_images()
    # What an own image was built from need not be there any more.
    bases = {base for image in asked.values() for base in image.bases()}
    return {name for name, image in asked.items() if can_be_had(image)} - bases


if __name__ == "__main__":
    sys.stdout.write(f"tests/docker: {why_not() or 'ready'}\n")
