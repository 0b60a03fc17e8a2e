"""Where a program that was found on this machine keeps the files that came with it."""

from __future__ import annotations

from pathlib import Path

from smokestack.errors import UsageError
from smokestack.stack.binaries import variable
from smokestack.stack.compose_file import Home


def folder(binary: str, program: Path, home: Home) -> Path:
    """The folder of `binary`, found at `program`, that is here what `home.path` is in the image.

    That is the one above the program's `bin` in an unpacked archive, `share/<name>` beside `bin`
    as Homebrew and Nix have it, or the image's own path, where packages of Debian and the like
    put it. UsageError where none of them holds what it must.
    """
    above = program.resolve().parent.parent
    places = [above, above / "share" / Path(home.path).name, Path(home.path)]
    for place in places:
        if (place / home.holds).is_file():
            return place
    raise UsageError(
        f"{program} is there, but not what comes with it: no {home.holds} in "
        + ", ".join(map(str, places)),
        hint=f"name the program within its distribution in {variable(binary)}",
    )
