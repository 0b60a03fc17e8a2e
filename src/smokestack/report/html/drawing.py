"""Charts as SVG, drawn here and not in the browser: Vega-Lite, by vl-convert (BSD-3-Clause).

What comes back is taken apart and put together again from known elements and attributes only, so
that no text of a server can become anything but text. Colours are the page's own CSS variables,
which makes a chart follow light, dark and print.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

SVG = "http://www.w3.org/2000/svg"
ELEMENTS = frozenset(("svg", "g", "path", "rect", "line", "text", "tspan", "circle"))
ATTRIBUTES = re.compile(
    "viewBox|width|height|d|x|y|x1|x2|y1|y2|dx|dy|r|transform|fill|fill-opacity|opacity|"
    "stroke|stroke-width|stroke-opacity|stroke-dasharray|stroke-linecap|stroke-miterlimit|"
    "text-anchor|font-size|font-weight|font-family"
)
ADDRESS = re.compile(r"url\s*\(", re.IGNORECASE)

LOOK: Mapping[str, Any] = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)", "titleColor": "var(--muted)", "labelFontSize": 12,
        "titleFontSize": 12, "titleFontWeight": "normal", "gridColor": "var(--line)",
        "domainColor": "var(--line-strong)", "tickColor": "var(--line-strong)", "labelLimit": 280,
        "labelFlush": False,
    },
    "axisY": {"labelColor": "var(--text)", "domain": False, "ticks": False, "labelPadding": 8},
    "text": {"color": "var(--text)", "fontSize": 12, "font": "system-ui, sans-serif"},
}  # fmt: skip
"""What all charts have in common."""


def draw(chart: Mapping[str, Any], label: str) -> str:
    """A Vega-Lite specification as an inline `<svg role="img">` that is called `label`.

    Raises ValueError where the library refuses the chart, ImportError where it is not there.
    """
    # Loading it starts a JavaScript engine, which only a run with something to draw should pay.
    import vl_convert  # noqa: PLC0415

    spec = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": LOOK, **chart}
    drawn = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return cleaned(drawn, label)


def cleaned(drawn: str, label: str) -> str:
    """The same drawing, of known elements and attributes only, with a name for who cannot see it.

    Raises ValueError where it is not well-formed.
    """
    try:
        root = ET.fromstring(drawn)  # noqa: S314 - drawn in this process, and it has no DTD
    except ET.ParseError as error:
        raise ValueError(f"the chart is no SVG: {error}") from error
    _clean(root)
    width = root.attrib.pop("width", "0")
    root.attrib.pop("height", None)
    root.attrib.update({"role": "img", "aria-label": label, "style": f"max-width:{width}px"})
    return ET.tostring(root, encoding="unicode", short_empty_elements=False)


def _clean(element: ET.Element) -> None:
    element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    for name, value in list(element.attrib.items()):
        if not ATTRIBUTES.fullmatch(name) or ADDRESS.search(value):
            del element.attrib[name]
    for child in list(element):
        if child.tag.removeprefix(f"{{{SVG}}}") in ELEMENTS:
            _clean(child)
        else:
            element.remove(child)
