"""One check, one identity: each id in suites/ has its page, and each page its check."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from smokestack.system import System
from tests.docs.pages import CHECKS, ROOT, keys_of, table

SECTIONS = [
    "## Why it matters",
    "## How it is asked",
    "## What must be true",
    "## Verdict",
    "## When it is red",
    "## By hand",
]
_WHERE = re.compile(
    r"Suite: \[(\S+)\]\(\S+\), `(\w+)`\. Judge: \[src/(\S+)\.py\]\(\S+\), `(\w+)`\."
)


def checks_of(suite: Path) -> Iterator[tuple[str, str]]:
    """(id, test) of every check in a suite, read without running it."""
    for node in ast.walk(ast.parse(suite.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.check":
                yield ast.literal_eval(mark.args[0]), node.name


IN_SUITES = {
    ident: (suite, test)
    for suite in sorted((ROOT / "suites").glob("test_*.py"))
    for ident, test in checks_of(suite)
}
PAGES = sorted(path.stem for path in CHECKS.glob("*.md"))


def test_every_check_has_a_page_and_every_page_a_check() -> None:
    """Neither a check without an explanation nor an explanation of nothing."""
    assert sorted(IN_SUITES) == PAGES


@pytest.mark.parametrize("ident", PAGES)
def test_page_has_every_section_in_order(ident: str) -> None:
    """A reader finds the same things in the same places, and what would turn the check red."""
    text = (CHECKS / f"{ident}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {ident}\n")
    assert re.findall(r"^## .*$", text, re.MULTILINE) == SECTIONS
    assert len(re.findall(r"^Broken by: \S.*\.$", text, re.MULTILINE)) == 1
    assert re.search(r"^1\. \S", text, re.MULTILINE), "nothing to look at first"
    assert "```sh\n" in text, "no command to repeat it by hand"
    verdicts = [row[0] for row in table(text, "## Verdict")]
    assert verdicts == ["met", "missed", "unmeasured", "skipped"]


@pytest.mark.parametrize("ident", PAGES)
def test_page_names_its_test_and_its_judge(ident: str) -> None:
    """Both exist where the page says."""
    found = _WHERE.search((CHECKS / f"{ident}.md").read_text(encoding="utf-8"))
    assert found, "no line says which suite and which judge"
    suite, test, module, function = found.groups()
    assert (ROOT / suite, test) == IN_SUITES[ident]
    assert hasattr(importlib.import_module(module.replace("/", ".")), function)


@pytest.mark.parametrize("ident", PAGES)
def test_page_names_keys_that_system_yaml_has(ident: str) -> None:
    """What must be true comes from keys that exist."""
    known = set(keys_of(System))
    for name, _ in table(
        (CHECKS / f"{ident}.md").read_text(encoding="utf-8"), "## What must be true"
    ):
        if not name.startswith("—"):
            key = re.sub(r"\.<\w+>$", "", name.strip("`"))
            assert key in known or any(k.startswith((f"{key}.", f"{key}[].")) for k in known), key


@pytest.mark.parametrize("ident", PAGES)
def test_page_says_what_the_check_needs(ident: str) -> None:
    """A check that is skipped where the system lacks a part names that part."""
    suite, test = IN_SUITES[ident]
    text = (CHECKS / f"{ident}.md").read_text(encoding="utf-8")
    ((_, skipped),) = [row for row in table(text, "## Verdict") if row[0] == "skipped"]
    assert {part for part in needs_of(suite, test) if f"`{part}`" not in skipped} == set()


def needs_of(suite: Path, test: str) -> set[str]:
    """The marks `needs` of a test, its module's included, and that which its alert brings."""
    tree = ast.parse(suite.read_text(encoding="utf-8"))
    (function,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == test]
    marks = [n for n in tree.body if isinstance(n, ast.Assign)] + [
        ast.Expr(mark) for mark in function.decorator_list
    ]
    found = set(re.findall(r"pytest\.mark\.needs\('(\w+)'\)", "\n".join(map(ast.unparse, marks))))
    arguments = {argument.arg for argument in function.args.args}
    alerts = {"alerts"} if "alert" in arguments or test == "test_rules_loaded" else set()
    return found | alerts
