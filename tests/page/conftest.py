"""Pages are opened in the machine's own Chromium: no browser is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from smokestack.report import html
from smokestack.results import RunResult

NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "apt-get install --no-install-recommends chromium"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Skipped where there is none, with the command; never in CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and os.environ.get("CI") != "true":
        pytest.skip(f"Chromium is not on PATH: {INSTALL}")
    assert found, f"CI must have Chromium: {INSTALL}"
    # As root, as CI is, Chromium refuses its sandbox. It opens nothing but files of ours.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()


class Opened:
    """A report in the browser, and all that it said and asked for."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.address = file.as_uri()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def go(self, fragment: str = "") -> Page:
        """Load it, as somebody does who was sent a link."""
        self.page.goto("about:blank")
        self.requests.clear()
        self.page.goto(self.address + fragment)
        return self.page

    def shown(self) -> list[str]:
        """The ids of the checks that can be seen, in their order."""
        summaries = self.page.locator(".check:visible > summary .id").all_inner_texts()
        return [text.replace("\n", " ") for text in summaries]


Open = Callable[..., Opened]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[], RunResult]], Path]:
    """The report of a result, made once a session: each chart takes its time."""

    @cache
    def once(make: Callable[[], RunResult]) -> Path:
        return html.write(make(), tmp_path_factory.mktemp(make.__name__))

    return once


@pytest.fixture
def open_report(
    browser: Browser, written: Callable[[Callable[[], RunResult]], Path]
) -> Iterator[Open]:
    """Opens the report of a result: without a network, in light or dark."""
    contexts = []

    def opened(make: Callable[[], RunResult], fragment: str = "", *, dark: bool = False) -> Opened:
        context = browser.new_context(offline=True, color_scheme="dark" if dark else "light")
        contexts.append(context)
        report = Opened(context.new_page(), written(make))
        report.go(fragment)
        return report

    yield opened
    for context in contexts:
        context.close()
