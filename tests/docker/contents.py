"""What is put into an image: files, folders and links, each with its owner, as a tar file.

A layer is written with every owner as the official image has it, without needing to own anything
here. `fingerprint` changes with whatever would change the layer, and reads no large file for it.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

EVERYONE = 0o1777
"""The mode of /tmp."""


@dataclass(frozen=True)
class Entry:
    """One thing at `path`: a copy of `source`, a text, a link, or else a folder."""

    path: str
    mode: int
    owner: int = 0
    source: Path | None = None
    text: str | None = None
    link: str | None = None


def folder(path: str, owner: int = 0, mode: int = 0o755) -> Entry:
    """An empty folder; a volume that is mounted over it takes its owner."""
    return Entry(path, mode, owner)


def copied(path: str, source: Path, mode: int = 0o755) -> Entry:
    """A file of this machine."""
    return Entry(path, mode, source=source)


def written(path: str, text: str, mode: int = 0o644, owner: int = 0) -> Entry:
    """A file with that text."""
    return Entry(path, mode, owner, text=text)


def linked(path: str, target: str) -> Entry:
    """A symbolic link."""
    return Entry(path, 0o777, link=target)


def copied_tree(path: str, source: Path, without: frozenset[str]) -> Iterator[Entry]:
    """A folder of this machine with all below it, but for names in `without`."""
    for each in sorted(source.iterdir()):
        if each.name in without:
            continue
        if each.is_dir():
            yield from copied_tree(f"{path}/{each.name}", each, without)
        elif each.is_file():
            yield copied(f"{path}/{each.name}", each.resolve(), each.stat().st_mode & 0o777)


def fingerprint(entries: Iterable[Entry]) -> str:
    """Changes with every path, owner, mode and text, and with size and time of copied files."""
    digest = hashlib.sha256()
    for entry in entries:
        told = [entry.path, entry.mode, entry.owner, entry.text, entry.link]
        if entry.source:
            status = entry.source.stat()
            told += [status.st_size, status.st_mtime_ns]
        digest.update(repr(told).encode() + b"\0")
    return digest.hexdigest()


def write_layer(entries: Iterable[Entry], file: Path) -> None:
    """Write the entries as a tar file; folders above them that are not listed belong to root."""
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        for entry in entries:
            _add(tar, entry)


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    info = tarfile.TarInfo(entry.path.lstrip("/"))
    info.mode, info.uid, info.gid = entry.mode, entry.owner, entry.owner
    if entry.source:
        # Python takes a cached .pyc only with the time of its source.
        status = entry.source.stat()
        info.size, info.mtime = status.st_size, int(status.st_mtime)
        with entry.source.open("rb") as content:
            tar.addfile(info, content)
    elif entry.text is not None:
        content_bytes = entry.text.encode()
        info.size = len(content_bytes)
        tar.addfile(info, io.BytesIO(content_bytes))
    else:
        info.type = tarfile.SYMTYPE if entry.link else tarfile.DIRTYPE
        info.linkname = entry.link or ""
        tar.addfile(info)
