"""Files of a report: whole or not at all, and a clear word where they cannot be written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from smokestack.errors import UsageError

ANOTHER_FOLDER = "name another folder with --report-dir"


@contextlib.contextmanager
def writing(target: Path, hint: str = ANOTHER_FOLDER) -> Iterator[None]:
    """Raise UsageError, with what to do, where a file of the report cannot be written."""
    try:
        yield
    except OSError as error:
        text = f"the report {target} cannot be written: {error.strerror}"
        raise UsageError(text, hint=hint) from error


def write_whole(target: Path, text: str) -> None:
    """Write a file at once: nobody ever finds half of it. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f"{target.suffix}.part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(target)


def written(target: Path, text: str, hint: str = ANOTHER_FOLDER) -> Path:
    """The file, written whole or not at all. Raises UsageError, as `writing`."""
    with writing(target, hint):
        write_whole(target, text)
    return target
