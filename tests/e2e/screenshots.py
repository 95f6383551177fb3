"""Pictures of every state of the page: both languages, both themes, desktop and phone.

They are for looking at; four of them are the README's.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser

from reference_app.config.environment import ROOT
from tests.e2e.browser import NoBrowser, chromium
from tests.e2e.people import People
from tests.e2e.states import DESKTOP, PHONE, chat_states, sign_in_states, wishes
from tests.launch import demo

SHOTS = ROOT / "var" / "screenshots"
IMAGES = ROOT / "docs" / "images"
CHOSEN = {
    "chat.png": "en-light-desktop/conversation.png",
    "chat-arabic.png": "ar-dark-desktop/conversation.png",
    "profile.png": "en-dark-desktop/profile.png",
    "phone.png": "ar-light-phone/conversation.png",
}
"""Those that the README shows."""


def main() -> int:
    """Take them all; return the status."""
    shutil.rmtree(SHOTS, ignore_errors=True)
    try:
        with chromium() as browser:
            for language, theme, width in product(
                ("en", "ar"), ("light", "dark"), (DESKTOP, PHONE)
            ):
                _take(browser, language, theme, width)
    except NoBrowser as missing:
        print(missing, file=sys.stderr)
        return 1
    for name, shot in CHOSEN.items():
        shutil.copy(SHOTS / shot, IMAGES / name)
    print(f"{SHOTS.relative_to(ROOT)}: {len(list(SHOTS.rglob('*.png')))} pictures")
    return 0


def _take(browser: Browser, language: str, theme: str, width: int) -> None:
    """Take the pictures of one reader, on a site of their own: each begins with nothing."""
    folder = SHOTS / f"{language}-{theme}-{'phone' if width == PHONE else 'desktop'}"
    options = wishes(theme, language, width) | {"device_scale_factor": 1.5}
    with tempfile.TemporaryDirectory() as data, demo("daphne", Path(data)) as launched:
        people = People(browser, launched)
        page = people.visit(**options)
        for state in sign_in_states(page, launched.url):
            page.screenshot(path=folder / f"{state}.png")
        page.goto(launched.url)
        people.enter(page, "amal")
        for state in chat_states(page, people.sign_in("badr")):
            page.screenshot(path=folder / f"{state}.png", animations="disabled")
        people.leave()
    print(folder.name, flush=True)


if __name__ == "__main__":
    sys.exit(main())
