"""A run is compared with an earlier one, whose `run.json` is named by `--baseline`."""

from __future__ import annotations

import shutil

import pytest

from tests.plugin.checkout import Checkout, check

pytest_plugins = ["pytester"]


@pytest.fixture
def baseline(checkout: Checkout) -> str:
    """Two checks were met."""
    checkout.suite(check("a.met"), check("b.met"))
    assert checkout.run().ret == 0
    kept = checkout.path / "baseline.json"
    shutil.copy(checkout.path / "reports" / "latest" / "run.json", kept)
    return str(kept)


def test_as_much_as_before_is_fine(checkout: Checkout, baseline: str) -> None:
    """And is said."""
    result = checkout.run(f"--baseline={baseline}")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            f"beside the baseline {baseline}:",
            "  verdicts: all as before",
            "  not worse",
            "report: *",
        ]
    )


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (check("b.met", "SKIPPED", "no such thing"), "b.met: met → skipped: no such thing"),
        ("", "b.met: met → not asked any more"),
    ],
    ids=["skipped", "not asked"],
)
def test_less_than_before_is_not_enough(
    checkout: Checkout, baseline: str, second: str, said: str
) -> None:
    """Although all that was asked is met."""
    checkout.suite(check("a.met"), second)
    result = checkout.run(f"--baseline={baseline}")
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"  * ✗ {said}", "  worse: less is proven than before"])


def test_what_is_unmeasured_stays_unmeasured(checkout: Checkout, baseline: str) -> None:
    """The baseline changes the exit code of what is met alone."""
    checkout.suite(check("a.met"), check("b.met", "UNMEASURED", "nobody answered"))
    assert checkout.run(f"--baseline={baseline}").ret == 6


def test_a_baseline_that_cannot_be_read_ends_it_before_it_begins(checkout: Checkout) -> None:
    """Exit code 4, and no report."""
    checkout.suite(check("a.met"))
    (checkout.path / "bad.json").write_text("{", encoding="utf-8")
    for name, said in (("none.json", "none.json cannot be read"), ("bad.json", "no JSON")):
        result = checkout.run(f"--baseline={name}")
        assert result.ret == 4
        assert said in "\n".join(result.outlines + result.errlines)
    assert not checkout.reports
