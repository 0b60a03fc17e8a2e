"""One Compose project under Testcontainers: up, down, build; Compose's own words in our errors."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from testcontainers.compose import DockerCompose

from smokestack.errors import PortTaken, StackError
from smokestack.stack import run_directory
from smokestack.stack.supervised import clean_environment

UP_S = 180.0
"""Seconds in which Compose must have created and started all containers; 3 s on 2 idle cores."""
DOWN_S = 60.0
BUILD_S = 900.0

_PORT = re.compile(r"port is already allocated|address already in use|ports are not available")
_TROUBLE = re.compile(r"error|denied|failed|no such", re.IGNORECASE)
_DISK = re.compile(r"no space left on device")
_INHERITED = ("DOCKER_", "COMPOSE_PARALLEL", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK")
"""What of our environment Compose may see beside the usual: where the engine is."""


@dataclass
class Project(DockerCompose):
    """A project whose commands are bounded in time and see no stray variables of ours.

    Only `_run_command`, through which every command of DockerCompose passes, is our own:
    Testcontainers has no setting for a deadline or for the environment, and a variable of the
    user's shell would win over the system's environment file.
    """

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    allowed_s: float = UP_S

    def up(self) -> None:
        """Create and start every container. Raises StackError."""
        self.allowed_s = UP_S
        self.start()

    def down(self) -> None:
        """Stop and remove containers, networks and volumes. Raises StackError."""
        self.allowed_s = DOWN_S
        self.stop()

    def config(self) -> str:
        """The project as Compose understands it, as JSON. Raises StackError."""
        command = [*self.docker_compose_command(), "config", "--format", "json"]
        return self._run_command(command).stdout.decode()

    def build_images(self, *services: str) -> None:
        """Build the images of services. Raises StackError."""
        self.allowed_s = BUILD_S
        self._run_command([*self.docker_compose_command(), "build", *services])

    def _run_command(
        self, cmd: str | list[str], context: str | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        words = cmd if isinstance(cmd, list) else cmd.split()
        inherited = {k: v for k, v in os.environ.items() if k.startswith(_INHERITED)}
        process = subprocess.Popen(
            words,
            cwd=context or str(self.context),
            env=clean_environment(inherited | dict(self.variables)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us; we end it
        )
        try:
            out, err = process.communicate(timeout=self.allowed_s)
        except BaseException as error:
            _end(process)
            if isinstance(error, subprocess.TimeoutExpired):
                doing = words[len(self.docker_compose_command()) :]
                raise StackError(
                    f"`docker compose {' '.join(doing)}` did not end in {self.allowed_s:.0f} s"
                ) from error
            raise
        if process.returncode:
            raise explained(err.decode(errors="replace"), words)
        return subprocess.CompletedProcess(words, 0, out, err)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def explained(said: str, command: list[str]) -> StackError:
    """What went wrong, from what Compose wrote."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if _TROUBLE.search(line)]
    text = (errors or lines or ["it said nothing"])[-1]
    if _PORT.search(said):
        return PortTaken(f"a port was taken between choosing and publishing: {text}")
    if _DISK.search(said):
        root = Path("/var/lib/docker")
        return StackError(
            f"the container engine has no room left on its disk: {text}",
            hint=f"`docker system df` shows what takes it (usually under {root})",
        )
    shown = " ".join(["docker", *command[1:]])
    hint = f"repeat it: {shown}"
    if str(run_directory.home()) in shown:  # the override goes with its run
        hint = "compare it with compose.yaml; the engine's log (`journalctl -u docker`) says more"
    return StackError(f"docker compose failed: {text}", hint=hint)
