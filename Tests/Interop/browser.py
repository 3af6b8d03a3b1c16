"""The dashboard's page in a real browser: Chromium, driven by Playwright."""

import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


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
    assert CHROMIUM, "there is no Chromium: run scripts/setup --tests"
    with sync_playwright() as playwright:
        # Root has no sandbox, and a container little shared memory.
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()
