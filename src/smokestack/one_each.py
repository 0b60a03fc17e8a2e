"""One check for each thing that system.yaml names, such as each alert."""

from __future__ import annotations

from collections.abc import Sequence

import pytest


def wants(metafunc: pytest.Metafunc, name: str) -> bool:
    """Whether a test asks for a thing of this name that it does not bring itself."""
    brought = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    names = [names.split(",") if isinstance(names, str) else names for names in brought]
    own = {one.strip() for of in names for one in of}
    return name in metafunc.fixturenames and name not in own


def one_each(
    metafunc: pytest.Metafunc,
    name: str,
    things: Sequence[object],
    ids: Sequence[str],
    none: pytest.MarkDecorator,
) -> None:
    """One test for each thing; where there is none, one with the mark that skips it."""
    mark = pytest.param(None, id=pytest.HIDDEN_PARAM, marks=none)
    metafunc.parametrize(name, things or [mark], ids=ids or None, scope="session")
