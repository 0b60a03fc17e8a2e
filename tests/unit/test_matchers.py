"""Selectors and matchers: their text is PromQL, and says what they are."""

from __future__ import annotations

import pytest

from smokestack.expressions import read
from smokestack.matchers import NAME, Matcher, Selector, matcher_of

FIVE = Matcher("status", "=~", "5..")


def selector(text: str) -> Selector:
    """A selector from its text."""
    (one,) = read(text).selectors
    return one


@pytest.mark.parametrize(
    "text",
    ["x", 'x{a="b",c!~"d.*"}', '{a="b"}', '{__name__=~"a|b"}', '{__name__="my.m","my.l"="v"}'],
)  # fmt: skip
def test_text_and_selector_are_the_same(text: str) -> None:
    """What is written is read back as it was."""
    assert str(selector(text)) == text


def test_the_family_is_what_is_said_of_the_name() -> None:
    """A selector without a name has none to fall back on."""
    assert str(selector('x{a="b"}').family) == "x"
    assert str(selector('{__name__=~"x.*",a="b"}').family) == '{__name__=~"x.*"}'
    for text in ('{a="b"}', '{__name__!="x",a="b"}', '{__name__=~".*",a="b"}'):
        assert str(selector(text).family) == text


def test_matchers_are_added_and_taken_away() -> None:
    """Nothing is said twice."""
    one = selector('x{status=~"5..",a="b"}')
    assert str(one.but({FIVE})) == 'x{a="b"}'
    assert one.also(FIVE) == one
    assert str(one.having("c")) == 'x{status=~"5..",a="b",c!=""}'
    assert not selector('{a="b"}').but({Matcher("a", "=", "b")}).sound


@pytest.mark.parametrize(
    ("op", "value", "some"),
    [("=", "a", True), ("=", "", False), ("!=", "a", False), ("!=", "", True), ("=~", "a|b", True),
     ("=~", ".*", False), ("=~", "a|", False), ("!~", "a", False), ("!~", ".*", True),
     ("=~", r"\pL", True)],
)  # fmt: skip
def test_some_matchers_want_the_label_to_be_there(op: str, value: str, *, some: bool) -> None:
    """As Prometheus decides whether a selector selects too much, RE2's own syntax included."""
    assert Matcher("a", op, value).wants_some is some
    assert Matcher("a", op, value).wants_none is (op == "=" and not value)


def test_a_matcher_is_read_from_its_text() -> None:
    """A name alone is a metric's."""
    assert matcher_of('status=~"5.."') == FIVE
    assert matcher_of("status =~ '5..'") == FIVE
    assert matcher_of("job:up:sum") == Matcher(NAME, "=", "job:up:sum")


@pytest.mark.parametrize(
    "text", ["", "a b", 'a="b",c="d"', "a=b", '{a="b"}', 'x{a="b"}', '} or {a="b"']
)
def test_what_is_no_matcher_is_refused(text: str) -> None:
    """With an example of what would be one."""
    with pytest.raises(ValueError, match="is neither a matcher such as status"):
        matcher_of(text)
