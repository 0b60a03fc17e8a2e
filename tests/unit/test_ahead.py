"""Questions are asked one ahead of their answers, never more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from smokestack.observe.ahead import ahead


def test_answers_come_in_the_order_of_the_questions() -> None:
    """All of them, and none of none."""
    questions: list[Callable[[], int]] = [partial(int, number) for number in range(5)]
    assert list(ahead(questions)) == [0, 1, 2, 3, 4]
    assert list(ahead([])) == []


def test_the_next_is_asked_while_one_is_read_and_no_more() -> None:
    """The second is asked before the first is read to its end; the third is not."""
    asked = [threading.Event() for _ in range(4)]
    answers = ahead(one.set for one in asked)
    next(answers)
    assert asked[1].wait(5)
    assert not asked[2].wait(0.1)
    next(answers)
    assert asked[2].wait(5)


def test_a_question_that_fails_fails_in_its_place() -> None:
    """What was answered before is read."""

    def broken() -> int:
        raise OSError("gone")

    questions: list[Callable[[], int]] = [partial(int, 1), broken, partial(int, 3)]
    answers = ahead(questions)
    assert next(answers) == 1
    with pytest.raises(OSError, match="gone"):
        next(answers)


def test_who_reads_no_further_waits_for_the_one_that_is_on_its_way() -> None:
    """And leaves no thread behind."""
    answers = ahead([partial(int, number) for number in range(3)])
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert not [one for one in threading.enumerate() if one.name.startswith("ahead")]
