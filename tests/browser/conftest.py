import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as project
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The address bar's suggestions are a page of their own, loaded for each window: half of what a short test took.
    # A spare process for the next page that never comes is a process too many. The last list counts, so Playwright's is
    # here too, as far as it matters to tests.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,AvoidUnnecessaryBeforeUnloadCheckSync,"
    "DestroyProfileOnBrowserClose,HttpsUpgrades,MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,PaintHolding,"
    "SpareRendererForSitePerProcess",
]
FAILURES = project.VAR_DIR / "test-failures"
FAILED = pytest.StashKey[bool]()


class Problems:
    """What no page may do: errors in the console or in a script, violations of the CSP, answers of 500 and above."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.allowed: list[str] = []

    def allow(self, *patterns: str) -> None:
        """Expect problems that these regular expressions find, for example `ERR_INTERNET_DISCONNECTED`."""
        self.allowed += patterns

    def watch(self, context: BrowserContext) -> None:
        # Chromium reports a violation of the Content-Security-Policy as an error in the console.
        context.on("console", lambda message: self.note(message.type == "error", f"console: {message.text}"))
        context.on("weberror", lambda event: self.note(True, f"script: {event.error}"))
        context.on("response", lambda answer: self.note(answer.status >= 500, f"{answer.status}: {answer.url}"))

    def note(self, is_problem: bool, text: str) -> None:
        if is_problem:
            self.found.append(text)

    @property
    def unexpected(self) -> list[str]:
        return [text for text in self.found if not any(re.search(pattern, text) for pattern in self.allowed)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright's synchronous interface runs an event loop in this thread, where Django would refuse its database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture
def new_context(
    browser: Browser, live_server: Any, problems: Problems, request: pytest.FixtureRequest, settings: Any
) -> Iterator[Callable[..., BrowserContext]]:
    """new_context(width=1280, height=900, javascript=True, color_scheme="dark", …): a browser of someone's own.

    Further arguments are Playwright's. Without `base_url`, relative addresses are those of the live server.
    """
    contexts: list[BrowserContext] = []
    settings.SITE_URL = live_server.url

    def make(
        *, width: int = 1280, height: int = 900, javascript: bool = True, base_url: str = "", **options: Any
    ) -> BrowserContext:
        context = browser.new_context(
            base_url=base_url or live_server.url,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            **options,
        )
        context.set_default_timeout(30_000)  # how long a busy machine may take; nothing waits as long for nothing
        problems.watch(context)
        contexts.append(context)
        return context

    yield make
    if request.node.stash.get(FAILED, False) or problems.unexpected:
        for number, page in enumerate(page for context in contexts for page in context.pages):
            _keep(page, re.sub(r"[^\w.-]+", "-", f"{request.node.nodeid}-{number}"))
    for context in contexts:
        context.close()
    if problems.unexpected:
        pytest.fail("The browser reported:\n" + "\n".join(problems.unexpected), pytrace=False)


def _keep(page: Page, name: str) -> None:
    FAILURES.mkdir(parents=True, exist_ok=True)
    Path(FAILURES, f"{name}.html").write_text(page.content())
    page.screenshot(path=FAILURES / f"{name}.png", full_page=True)


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context().new_page()


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """axe(page): serious and critical violations, one line each; with names of rules, of those alone.

    Injected by the debugger, which no CSP stops.
    """

    def run(page: Page, *rules: str) -> list[str]:
        options: dict[str, Any] = {"preload": False, "resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = list(rules)
        violations = Axe().run(page, options=options).response["violations"]
        return [
            f"{violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary']}"
            for violation in violations
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]

    return run
