"""What a stand-in is made of, and what several of them have in common."""

from __future__ import annotations

import hashlib
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import UsageError
from smokestack.stack.binaries import find_binary
from tests.docker.contents import EVERYONE, Entry, copied, fingerprint, folder, linked, written
from tests.docker.debian import Tree

_ELF64_HEADERS = struct.Struct("<32xQ14xHH")
"""In a 64-bit ELF file: where the program headers start, the size of one, and how many."""
_NAMES_LOADER = 3
"""The type of the program header that names a dynamic loader."""

CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
NOBODY = 65534


class CannotBeHad(UsageError):
    """There is nothing here that an image could be made of."""


@dataclass(frozen=True)
class Recipe:
    """A Debian tree (or nothing), files on top of it, and the Dockerfile's other instructions."""

    says: str
    entries: tuple[Entry, ...]
    instructions: tuple[str, ...]
    tree: Tree | None = None

    def key(self) -> str:
        """Changes with anything that the image is assembled from."""
        packages = self.tree.key() if self.tree else ""
        told = repr((packages, self.instructions, fingerprint(self.entries)))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def run(*steps: str) -> str:
    """A RUN instruction of several steps."""
    return f"RUN {' && '.join(steps)}"


def binary(path: str, name: str) -> Entry:
    """A native server's program, under the path that it has in the image."""
    return copied(path, find_binary(name))


def certificates() -> tuple[Entry, ...]:
    """This machine's certificate authorities, where the official images keep theirs."""
    return (copied(str(CA_BUNDLE), CA_BUNDLE, 0o644),) if CA_BUNDLE.is_file() else ()


def users(*named: tuple[str, int]) -> tuple[Entry, ...]:
    """/etc/passwd and /etc/group with root and these, each in a group of its own number."""
    everyone = (("root", 0), *named)
    passwd = "".join(f"{name}:x:{uid}:{uid}:{name}:/:/bin/false\n" for name, uid in everyone)
    group = "".join(f"{name}:x:{uid}:\n" for name, uid in everyone)
    return (written("/etc/passwd", passwd), written("/etc/group", group))


def busybox() -> tuple[Entry, ...]:
    """A shell, wget and the other applets in /bin, as images on Busybox or Alpine have them."""
    program = shutil.which("busybox", path="/bin:/usr/bin")
    if program is None or _needs_libraries(Path(program)):
        raise UsageError(
            "there is no static busybox, which gives it the shell and wget of its base image",
            hint="apt-get install busybox-static",
        )
    applets = ("cat", "chmod", "cp", "env", "grep", "id", "ls", "mkdir", "nc", "ps", "rm", "sh",
               "sleep", "stat", "test", "touch", "true", "wget")  # fmt: skip
    return (
        copied("/bin/busybox", Path(program)),
        *(linked(f"/bin/{applet}", "busybox") for applet in applets),
        folder("/tmp", mode=EVERYONE),  # noqa: S108 - a folder of the image
    )


def _needs_libraries(program: Path) -> bool:
    content = program.read_bytes()
    start, size, count = _ELF64_HEADERS.unpack_from(content)
    kinds = (struct.unpack_from("<I", content, start + size * each)[0] for each in range(count))
    return _NAMES_LOADER in kinds
