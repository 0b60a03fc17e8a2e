"""Pages of plain values that are too many for memory, in a file without a name.

Nothing is left behind, however the process ends: the file has no name from the start. It stands
where temporary files are kept (`TMPDIR`).
"""

from __future__ import annotations

import marshal
import os
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any


class Spool:
    """Keeps pages in the order in which they came, and reads any of them back.

    A page is made of what JSON has, and tuples. One thread may add while others read.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryFile(prefix="smokestack-") as file:
            self._file = os.dup(file.fileno())
        self._places: list[tuple[int, int]] = []
        self._end = 0
        weakref.finalize(self, os.close, self._file)

    def __len__(self) -> int:
        return len(self._places)

    def add(self, page: Any) -> int:
        """Keep a page; its number. Raises OSError where the disk is full."""
        # marshal keeps a string once that stands in a page many times, and reads faster than JSON.
        written = memoryview(marshal.dumps(page))
        place = (self._end, len(written))
        while written:
            done = os.pwrite(self._file, written, self._end)
            self._end, written = self._end + done, written[done:]
        self._places.append(place)
        return len(self._places) - 1

    def page(self, number: int) -> Any:
        """A page as it was added."""
        start, size = self._places[number]
        # Nobody else can have written to it: it has no name.
        return marshal.loads(os.pread(self._file, size, start))  # noqa: S302

    def __iter__(self) -> Iterator[Any]:
        return map(self.page, range(len(self)))
