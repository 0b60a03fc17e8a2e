"""Which loads a run is to bear, and what the user may say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from smokestack.drive.asked_loads import asked_loads
from smokestack.errors import UsageError
from smokestack.load.asked import AskedLoad, Wish
from smokestack.system import Bearing
from tests.unit.test_options import chosen, root

__all__ = ["root"]

SCENARIOS = Path(__file__).parents[2] / "scenarios"
BEARING = Bearing.model_validate(
    {
        "fullest_queue": 0.8,
        "loads": [
            {"scenario": "steady", "rate": 150, "duration": "2s"},
            {"scenario": "spike", "rate": 300, "duration": "4s", "on_request": True},
        ],
    }
)


def asked(wish: Wish, bearing: Bearing | None = BEARING) -> list[AskedLoad]:
    """The loads for a wish."""
    return list(asked_loads(bearing, wish, SCENARIOS))


def test_without_a_wish_those_of_every_run() -> None:
    """What is on request is not sent; a system that promises nothing has none."""
    assert asked(Wish()) == [AskedLoad("steady", 150, 2.0)]
    assert asked(Wish(), None) == []


def test_loads_are_had_by_name_or_all() -> None:
    """In the order in which they are named, each once."""
    assert [one.scenario for one in asked(Wish(("spike", "steady", "spike")))] == [
        "spike",
        "steady",
    ]
    assert len(asked(Wish(("all",)))) == 2


def test_rate_number_and_duration_are_the_users() -> None:
    """A number takes as long as its rate makes it take."""
    assert asked(Wish(rate=1000, duration_s=5)) == [AskedLoad("steady", 1000, 5)]
    [many] = asked(Wish(rate=100, requests=1000))
    assert (many.requests, many.duration_s) == (1000, 10.0)
    assert many.max_seconds == pytest.approx(12.0)


def test_users_are_as_many_as_the_rate_needs() -> None:
    """A quarter of a second for each answer, within bounds."""
    rates = (10.0, 400.0, 100_000.0)
    assert [AskedLoad("steady", rate, 1.0).users for rate in rates] == [20, 100, 400]


def test_a_scenario_that_is_not_declared_needs_all_of_it() -> None:
    """Also in a system that promises nothing under load."""
    wish = Wish(("soak",), rate=20, duration_s=3)
    assert asked(wish, None) == [AskedLoad("soak", 20, 3)]
    with pytest.raises(UsageError, match="neither its rate nor its duration"):
        asked(Wish(("soak",), rate=20))


def test_a_load_that_there_is_not_is_refused() -> None:
    """With what may be meant."""
    with pytest.raises(UsageError) as caught:
        asked(Wish(("stedy",)))
    assert "--load 'stedy' is neither a load of this system nor a scenario" in str(caught.value)
    assert "did you mean steady?" in str(caught.value)


def test_the_flags_say_it(root: Path) -> None:
    """Names by commas; what is left out is as declared."""
    assert chosen(root).wish == Wish()
    said = chosen(root, load="steady, spike", rate="250", duration="1m30s").wish
    assert said == Wish(("steady", "spike"), 250.0, None, 90.0)
    assert chosen(root, {"SMOKESTACK_REQUESTS": "500"}).wish == Wish(requests=500)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"rate": "0"}, "--rate 0: not a number above 0"),
        ({"rate": "-5"}, "--rate -5: not a number above 0"),
        ({"rate": "inf"}, "--rate inf: not a number above 0"),
        ({"rate": "fast"}, "--rate fast: not a number above 0"),
        ({"requests": "0"}, "--requests 0: not a number above 0"),
        ({"requests": "1.5"}, "--requests 1.5: not a whole number"),
        ({"duration": "0s"}, "--duration 0s: a load that takes no time sends nothing"),
        ({"duration": "5"}, "--duration: '5' is not a duration such as"),
        ({"requests": "5", "duration": "5s"}, "both say when a load ends"),
    ],
)
def test_what_sends_nothing_is_refused(root: Path, flags: dict[str, str], said: str) -> None:
    """With nothing sent nothing is found out."""
    with pytest.raises(UsageError, match=said.replace(".", r"\.")):
        chosen(root, **flags)
