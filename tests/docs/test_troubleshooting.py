"""docs/troubleshooting.md quotes what the code says."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
SAID = re.compile(r"^\| (`.*?`) \|", re.MULTILINE)
QUOTED = re.compile(r"`((?:\\`|[^`])+)`")


def quotes() -> list[str]:
    """Every part of every message that the page quotes."""
    return [one.replace("\\`", "`") for row in SAID.findall(PAGE) for one in QUOTED.findall(row)]


def _code() -> str:
    files = sorted((ROOT / "src").rglob("*.py"))
    whole = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return re.sub(r'"\s*\n\s*f?"', "", whole)  # texts that go on in the next line


@pytest.fixture(scope="module")
def code() -> str:
    """All of the package's source."""
    return _code()


def test_there_are_quotes() -> None:
    """A pattern that finds nothing would make the test below pass."""
    assert len(quotes()) >= 16


@pytest.mark.parametrize("quoted", quotes())
def test_the_code_says_it(quoted: str, code: str) -> None:
    """In these words."""
    assert quoted in code
