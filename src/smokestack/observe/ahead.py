"""Asks the next question while the answer to the last one is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def ahead(questions: Iterable[Callable[[], T]]) -> Iterator[T]:
    """The answers, in the order of the questions. One is waited for at a time, beside the one that
    is being read: no more than two are in memory. What a question raises is raised in its place.
    """
    left = iter(questions)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as asker:
        coming = [asker.submit(question) for question in islice(left, 1)]
        while coming:
            answer = coming.pop().result()
            coming = [asker.submit(question) for question in islice(left, 1)]
            yield answer
