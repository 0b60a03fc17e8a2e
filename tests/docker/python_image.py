"""A stand-in for `python:3.11…-slim-bookworm`: the interpreter that runs this, below /usr/local of
a minimal Debian, as docker-library/python builds its slim image.

Different from the official one: no headers (nothing can be compiled against it), and pip trusts
this machine's certificate authorities, as a mirror of PyPI may be signed by one of them.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from tests.docker.contents import Entry, copied, copied_tree, folder, linked, written
from tests.docker.debian import RELEASE, Tree
from tests.docker.recipes import CA_BUNDLE, CannotBeHad, Recipe, certificates, run

PACKAGES = ("ca-certificates", "netbase", "tzdata", "libbz2-1.0", "libexpat1", "libffi8",
            "liblzma5", "libncursesw6", "libnsl2", "libreadline8", "libsqlite3-0", "libssl3",
            "libtirpc3", "libuuid1", "zlib1g")  # fmt: skip
"""The official image's own, and the libraries that the standard library is linked with."""

_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_LEFT_OUT = frozenset({"site-packages", "__pycache__", "test", "tests", "idle_test", "idlelib",
                       "tkinter", "turtledemo"})  # fmt: skip
_WORKS = "import bz2, ctypes, lzma, readline, sqlite3, ssl, uuid, venv, zlib"


def python(tag: str) -> Recipe:
    """The running interpreter as the image of that tag.

    Raises:
        CannotBeHad: when the tag is of another Python, whose libraries would lie elsewhere.
    """
    if not tag.startswith(f"{_VERSION}.") or not tag.endswith(f"slim-{RELEASE}"):
        raise CannotBeHad(f"only {_VERSION} on slim-{RELEASE} can be made of this Python")
    return Recipe(
        f"this Python {sys.version.split()[0]} on Debian {RELEASE}",
        (*_interpreter(Path(sys.base_prefix)), *_certificates()),
        (
            "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8",
            run("ldconfig", "python -m ensurepip --default-pip", f"python -c '{_WORKS}'"),
            'CMD ["python3"]',
        ),
        Tree(PACKAGES),
    )


def _interpreter(prefix: Path) -> tuple[Entry, ...]:
    library = f"lib/python{_VERSION}"
    shared = sysconfig.get_config_var("INSTSONAME")
    without = _LEFT_OUT | {each.name for each in (prefix / library).glob("config-*")}
    return (
        copied(f"/usr/local/bin/python{_VERSION}", prefix / f"bin/python{_VERSION}"),
        linked("/usr/local/bin/python3", f"python{_VERSION}"),
        linked("/usr/local/bin/python", "python3"),
        *((copied(f"/usr/local/lib/{shared}", prefix / "lib" / shared),) if shared else ()),
        *copied_tree(f"/usr/local/{library}", prefix / library, without),
        folder(f"/usr/local/{library}/site-packages"),
    )


def _certificates() -> tuple[Entry, ...]:
    # pip of this age trusts a bundle of its own, unless it is told otherwise.
    return (*certificates(), written("/etc/pip.conf", f"[global]\ncert = {CA_BUNDLE}\n"))
