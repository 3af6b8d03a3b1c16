"""The dashboard's page in a real browser: Chromium, driven by Playwright."""

import os
import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

# scripts/setup looks for the same names.
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
CHROMIUM = os.environ.get("BROWSER_FOR_TESTS") or next(filter(None, map(shutil.which, NAMES)), None)
MISSING = """there is no browser for the tests of the dashboard's page. Install Chromium (Debian: scripts/setup --browser,
or apt-get install chromium; Ubuntu: a .deb of Google Chrome, since its package chromium is a snap, which cannot be driven
here), or name the program of one: BROWSER_FOR_TESTS=/path/to/chrome."""


class Tab:
    """A page, and whatever it complains about."""

    def __init__(self, context, base):
        self.base = base
        self.page = context.new_page()
        self.errors = []
        self.requests = []
        self.page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self.refuse)
        self.page.on("request", lambda request: self.requests.append(request.url))

    def refuse(self, dialog):
        self.errors.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, query=""):
        self.page.goto(f"{self.base}/dashboard/{query}")
        self.page.locator("#live[data-state=live]").wait_for(timeout=10_000)
        return self.page

    def words_of(self, selector):
        return self.page.locator(selector).all_inner_texts()


@contextmanager
def browser():
    assert CHROMIUM, MISSING
    with sync_playwright() as playwright:
        # Root has no sandbox, and a container little shared memory.
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()
