"""How a run comes to its stack: it starts one of its own, or reaches one that runs already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smokestack.clients import Clients, connect, ready_probe
from smokestack.drive.reaching import reach
from smokestack.settings import Settings
from smokestack.stack.backend import Stack
from smokestack.stack.choice import Choice, choose
from smokestack.stack.pace import factor as pace_factor
from smokestack.stack.plan import Foreign, Plan, Player
from smokestack.stack_file import Remote
from smokestack.system import System


@dataclass(frozen=True)
class Beginning:
    """What is known before there is a stack. `keep` is where what it leaves behind goes; `say` is
    told what takes its time.
    """

    settings: Settings
    system: System
    run_id: str
    keep: Path
    say: Callable[[str], None]

    def asking(self, remote: Remote) -> tuple[Stack, Clients]:
        """A stack that runs already."""
        for line in (f"smokestack: asking {remote.path} (run {self.run_id})", *remote.warnings):
            self.say(line)
        if leave := remote.leave:
            to = remote.endpoints[self.system.application.entry].url
            self.say(
                f"smokestack: up to {leave.requests} requests go to {to}, {leave.rate:g} a second"
            )
        return reach(remote, self.system, self.run_id, self.keep)

    def starting(self) -> tuple[Stack, Clients]:
        """A stack of our own."""
        plan = Plan(
            root=self.settings.root,
            system=self.settings.system,
            run_id=self.run_id,
            pace_factor=pace_factor if self.settings.pace == "fast" else lambda _: 1.0,
            application=self.system.application.services,
            keep=self.keep,
            ready_s=self.settings.start_timeout_s,
            foreign=self._foreign(),
            slower=self.system.slower,
        )
        choice = choose(self.settings.stack, plan, self.say)
        self.say(self._announcement(choice))
        with ready_probe() as probe:
            stack = choice.start(plan, probe)
        return stack, connect(stack.endpoints(), self.system)

    def _announcement(self, choice: Choice) -> str:
        """One line that says which stack is started, and why with this backend."""
        how = {"docker": "in containers", "native": "natively"}[choice.backend]
        return (
            f"smokestack: starting {self.system.title} {how} at pace {self.settings.pace} "
            f"(run {self.run_id}): {choice.reason}"
        )

    def _foreign(self) -> Foreign | None:
        """A team's own Compose project, where the system brings one."""
        own = self.system.stack
        if own is None:
            return None
        folder = self.settings.root / "systems" / self.settings.system
        roles = {
            role: Player(one) if isinstance(one, str) else Player(**one.model_dump())
            for role, one in own.services.items()
        }
        return Foreign(tuple(folder / file for file in own.compose), roles, own.profiles)
