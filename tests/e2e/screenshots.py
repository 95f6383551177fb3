"""Takes screenshots of every state of the page: both languages and themes, desktop and phone.

They are for review; the README shows four of them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser

from reference_app.runtime.environment import ROOT
from reference_app.serving import commands
from tests.e2e.browser import NoBrowser, chromium
from tests.e2e.people import People
from tests.e2e.states import (
    DESKTOP,
    PHONE,
    chat_states,
    context_options,
    first_run_states,
    sign_in_states,
)
from tests.launch import demo
from tests.served import served

SHOTS = ROOT / "var" / "screenshots"
IMAGES = ROOT / "docs" / "images"
HIGH_DENSITY = {"device_scale_factor": 1.5}
READERS = list(product(("en", "ar"), ("light", "dark"), (DESKTOP, PHONE)))
CHOSEN = {
    "chat.png": "en-light-desktop/conversation.png",
    "chat-arabic.png": "ar-dark-desktop/conversation.png",
    "profile.png": "en-dark-desktop/profile.png",
    "phone.png": "ar-light-phone/conversation.png",
}
"""The screenshots that the README shows, by their name in docs/images."""


def main() -> int:
    """Take all screenshots; return the exit status."""
    shutil.rmtree(SHOTS, ignore_errors=True)
    try:
        with chromium() as browser:
            _take_first_run(browser)
            for reader in READERS:
                _take(browser, *reader)
    except NoBrowser as error:
        print(error, file=sys.stderr)
        return 1
    for name, shot in CHOSEN.items():
        shutil.copy(SHOTS / shot, IMAGES / name)
    print(f"{SHOTS.relative_to(ROOT)}: {len(list(SHOTS.rglob('*.png')))} pictures")
    return 0


def _take(browser: Browser, language: str, theme: str, width: int) -> None:
    """Take the screenshots of one reader, on a new site: each begins without conversations."""
    folder = _folder(language, theme, width)
    options = context_options(theme, language, width) | HIGH_DENSITY
    with tempfile.TemporaryDirectory() as data, demo("daphne", Path(data)) as launched:
        people = People(browser, launched)
        page = people.visit(**options)
        for state in sign_in_states(page, launched.url):
            page.screenshot(path=folder / f"{state}.png")
        page.goto(launched.url)
        people.sign_in_on(page, "amal")
        for state in chat_states(page, people.sign_in("badr")):
            page.screenshot(path=folder / f"{state}.png", animations="disabled")
        people.close()
    print(folder.name, flush=True)


def _take_first_run(browser: Browser) -> None:
    """Take the screenshots of a site that has no users yet."""
    with (
        tempfile.TemporaryDirectory() as data,
        served(commands.tuned_daphne, Path(data), people=0) as site,
    ):
        for language, theme, width in READERS:
            page = browser.new_page(**context_options(theme, language, width) | HIGH_DENSITY)
            for state in first_run_states(page, site.url):
                page.screenshot(path=_folder(language, theme, width) / f"{state}.png")
            page.context.close()


def _folder(language: str, theme: str, width: int) -> Path:
    return SHOTS / f"{language}-{theme}-{'phone' if width == PHONE else 'desktop'}"


if __name__ == "__main__":
    sys.exit(main())
