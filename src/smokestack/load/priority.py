"""Going before other processes, where that is allowed."""

from __future__ import annotations

import os
from pathlib import Path

NICE = -15


def favour(pid: int) -> bool:
    """Let a process, and what it starts from now on, go before others; False where that is not
    allowed, as it is to root only.

    Linux shares its cores among sessions first, where it has autogroups, and by niceness only
    within one: both must be said. Threads that run already keep their own.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, pid, NICE)
        group = Path(f"/proc/{pid}/autogroup")
        if group.exists():
            group.write_text(str(NICE), encoding="ascii")
    except OSError:
        return False
    return True
