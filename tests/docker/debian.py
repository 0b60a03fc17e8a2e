"""Debian trees: made once by debootstrap, kept as tar files in the per-user cache.

A file of the cache appears whole or not at all, so it is read without a lock. Its name carries a
hash of the release and the packages.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smokestack.errors import UsageError
from smokestack.stack.binaries import cache_root

RELEASE = "bookworm"
_LEFT_OUT = ("./var/cache/apt/*", "./var/lib/apt/lists/*", "./usr/share/doc/*",
             "./usr/share/man/*", "./usr/share/locale/*",
             "./dev/*", "./proc/*", "./sys/*")  # fmt: skip
_SHOWN_LINES = 15


@dataclass(frozen=True)
class Tree:
    """A minimal Debian with these packages, without what lies below the paths in `without`."""

    packages: tuple[str, ...]
    without: tuple[str, ...] = ()

    def key(self) -> str:
        """Changes with the release, the packages and what is left out."""
        told = repr((RELEASE, platform.machine(), self.packages, self.without, _LEFT_OUT))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def file(self) -> Path:
        """Where the cache keeps it, made or not."""
        return kept_in() / f"debian-{self.key()}.tar"


def kept_in() -> Path:
    """The cache's folder for what images are assembled from."""
    return cache_root() / "docker"


def have(tree: Tree) -> Path:
    """The tree's tar file, made now if it is not there yet.

    Raises:
        UsageError: when debootstrap is missing, may not run, or fails.
    """
    file = tree.file()
    kept_in().mkdir(parents=True, exist_ok=True)
    with _locked(tree):
        if not file.is_file():
            _require_debootstrap()
            _make(tree, file)
    return file


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder in the cache, on its disk: what is kept there can be linked, not copied."""
    kept_in().mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=".work-", dir=kept_in()))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _locked(tree: Tree) -> Iterator[None]:
    with (kept_in() / f".debian-{tree.key()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_debootstrap() -> None:
    if shutil.which("debootstrap") is None:
        raise UsageError("debootstrap is not installed", hint="apt-get install debootstrap")
    if os.geteuid() != 0:
        raise UsageError("debootstrap needs root", hint="run this as root")


def _make(tree: Tree, file: Path) -> None:
    with workplace() as place:
        root, whole = place / "root", place / "whole.tar"
        # A mount namespace of its own: /proc and /sys of the tree end with it, whatever happens,
        # and are never met by the removal of the folder.
        _run(
            "unshare", "--mount", "debootstrap", "--variant=minbase",
            f"--include={','.join(tree.packages)}", RELEASE, str(root),
        )  # fmt: skip
        left_out = [f"--exclude={path}" for path in (*_LEFT_OUT, *tree.without)]
        _run("tar", "--numeric-owner", *left_out, "-C", str(root), "-cf", str(whole), ".")
        whole.rename(file)


def _run(*command: str) -> None:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        shown = "\n".join(f"    {line}" for line in done.stdout.splitlines()[-_SHOWN_LINES:])
        raise UsageError(f"{' '.join(command[:3])} ended with {done.returncode}:\n{shown}")
