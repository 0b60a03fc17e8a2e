"""What `smokestack limits` refuses, before anything is started."""

from __future__ import annotations

import sys

import pytest

from smokestack import cli


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--start-rate", "0"], "--start-rate 0: not a number above 0"),
        (["--max-rate", "nan"], "--max-rate nan: not a number above 0"),
        (["--max-rate", "10"], "--max-rate 10 is below --start-rate 50"),
        (["--growth", "1"], "--growth 1: the rate must grow"),
        (["--step", "0s"], "--step 0s: a load that takes no time sends nothing"),
        (["--step", "4"], "--step: '4' is not a duration such as"),
        (["--scenario", "stedy"], "Did you mean 'steady'?"),
        (["--system", "referense"], "did you mean 'reference'?"),
        (["--stack", "staging.yaml"], "limits sends ever more requests, to stacks that it starts"),
    ],
)
def test_what_cannot_be_stepped_is_refused(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 4, the option, and what would do."""
    monkeypatch.setattr(sys, "argv", ["smokestack", "limits", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 4
    assert said in capsys.readouterr().err
