"""report.html in a browser: it opens offline, its filter and links work, and texts stay texts."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.page.conftest import Open
from tests.whole_result import MARK, checked, hostile, rich

ALL = [
    "a.b", "metrics.counter-delta", "logs.count", "overhead.tracing",
    "alerts.fires HighErrorRate", "alerts.fires ServerRestarting",
]  # fmt: skip


def test_opens_offline_and_asks_nobody(open_report: Open) -> None:
    """Nothing but the file itself is requested, and the console stays empty."""
    report = open_report(rich)
    assert report.requests == [report.address]
    assert report.complaints == []
    assert report.page.title() == "Missed: reference, run 20261121-212505-797134"
    assert report.shown() == ALL
    drawn = report.page.locator("figure svg[role=img]")
    assert drawn.count() == 7  # alerts, latency, traffic, three groups of figures, a dashboard
    assert all((drawn.nth(n).bounding_box() or {"width": 0})["width"] > 150 for n in range(7))


def test_an_empty_run_has_a_page_too(open_report: Open) -> None:
    """A run that did nothing says so, and its script finds nothing to do."""
    report = open_report(checked)
    assert report.complaints == []
    text = report.page.locator("main").inner_text()
    assert "No check was run: this proves nothing." in text
    assert "The stack never came up." in text
    assert report.page.locator("figure").count() == 0


def test_filter_by_verdict_and_text(open_report: Open) -> None:
    """Both together; the number of what is left is told; sections without any are hidden."""
    report = open_report(rich)
    page = report.page
    page.get_by_label("✓ met").uncheck()
    assert report.shown() == ["a.b", "logs.count", "alerts.fires ServerRestarting"]
    assert page.get_by_role("status").inner_text() == "3 of 6 checks shown"
    assert not page.locator(".suite > h3", has_text="overhead").is_visible()
    page.get_by_role("searchbox").fill("LOKI asked")
    assert report.shown() == ["logs.count"]
    page.get_by_role("searchbox").fill("nothing like this")
    assert report.shown() == []


@pytest.mark.parametrize(
    ("fragment", "check"),
    [
        ("#metrics.counter-delta", "metrics.counter-delta"),
        ("#alerts.fires:ServerRestarting", "alerts.fires ServerRestarting"),
        ("#alerts.fires", "alerts.fires HighErrorRate"),
    ],
)
def test_a_link_opens_its_check(open_report: Open, fragment: str, check: str) -> None:
    """The check that it names is open, in sight and has the focus; an id leads to its first use."""
    page = open_report(rich, fragment).page
    opened = page.locator(".check[open]")
    assert opened.count() == 1
    assert opened.locator(".id").inner_text().replace("\n", " ") == check
    assert opened.locator(".question, .body").first.is_visible()
    box = opened.bounding_box()
    assert box
    assert 0 <= box["y"] < 720
    assert page.evaluate("document.activeElement.closest('.check').open")


def test_a_link_to_what_is_filtered_out_shows_it(open_report: Open) -> None:
    """Whoever follows a link sees where it leads, whatever was searched before."""
    report = open_report(rich)
    report.page.get_by_role("searchbox").fill("loki")
    report.page.locator("a.tile[href='#metrics.counter-delta']").click()
    assert report.shown() == ALL
    assert report.page.locator(".check[open] .id").inner_text() == "metrics.counter-delta"


def test_keyboard(open_report: Open) -> None:
    """Arrow keys move among the checks that are shown, Enter opens one."""
    page = open_report(rich, "#a.b").page
    page.get_by_label("✓ met").uncheck()
    page.locator(".check > summary").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".check[open] .id").all_inner_texts() == ["a.b", "logs.count"]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.locator(".check[open] .id").all_inner_texts() == ["logs.count"]


def test_a_command_can_be_copied(open_report: Open) -> None:
    """The button tells that it did, or selects what to copy."""
    page = open_report(rich, "#a.b").page
    page.get_by_role("button", name="copy the command").click()
    said = page.locator(".check[open] .copy")
    said.filter(has_text="copied").or_(said.filter(has_text="selected")).wait_for(timeout=5000)


def test_without_a_script_everything_is_still_there(open_report: Open) -> None:
    """The filter, which would do nothing, is not shown; the checks are."""
    report = open_report(rich)
    bare = report.page.context.browser
    assert bare
    page = bare.new_context(java_script_enabled=False).new_page()
    page.goto(report.address)
    assert not page.get_by_role("searchbox").is_visible()
    assert page.locator(".check").count() == len(ALL)
    page.context.close()


def test_hostile_texts_are_texts(open_report: Open) -> None:
    """Whatever a server says, in any field: no script, element, handler or address comes of it."""
    report = open_report(hostile)
    page = report.page
    page.get_by_role("button", name="open all").click()
    for place in page.locator("h1, .proofs a, .tile, summary, figure svg").all()[:60]:
        place.hover(force=True)
    assert page.evaluate(f"window.{MARK}") is None
    assert report.complaints == []
    assert report.requests == [report.address]
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, embed, form, base, link").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes])"
        ".filter(a => a.name.startsWith('on') || a.name == 'autofocus').length"
    ) == 0  # fmt: skip
    assert page.evaluate(
        "[...document.links].filter(a => !a.getAttribute('href').startsWith('#')).length"
    ) == 0  # fmt: skip
    shown = page.locator("body").inner_text()
    assert f"<script>window.{MARK}=1</script>" in shown
    assert r"\x1b[31mred\x1b[0m \x00\x07 \ufffe" in shown
    assert not set(shown) & set("\x1b\x00\u202e\u2066")


def test_fits_its_window(open_report: Open) -> None:
    """On a desk and on a phone nothing is wider than the window, whatever the texts are."""
    for make in (rich, hostile):
        page = open_report(make).page
        for wide in (1280, 390):
            page.set_viewport_size({"width": wide, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= wide


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_accessible(open_report: Open, dark: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """axe-core finds nothing serious, with everything open, in light and in dark."""
    page = open_report(rich, dark=dark).page
    page.get_by_role("button", name="open all").click()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(page).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    assert not grave, json.dumps(
        [(one["id"], one["help"], one["nodes"][0]["html"][:200]) for one in grave], indent=1
    )


def test_prints_what_is_red(open_report: Open) -> None:
    """Printed, it is light, without tools, and the checks that were not met are open."""
    page = open_report(rich, dark=True).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".check[open] .id").all_inner_texts() == ["a.b", "logs.count"]
    assert not page.get_by_role("searchbox").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
