"""The browser that the tests, the screenshots and the measurement of the page use."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from reference_app.config.environment import ROOT

FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoBrowser(Exception):  # noqa: N818 - a sentence for who runs the tests
    """There is none; the message says how to get one."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium or Chrome of this machine, without a screen.

    Raises:
        NoBrowser: there is none, and none could be had.
    """
    found = subprocess.run(
        [ROOT / "scripts" / "find-browser"], capture_output=True, text=True, cwd=ROOT
    )
    if found.returncode:
        raise NoBrowser(found.stderr.strip())
    # Chromium's sandbox cannot be had as root.
    flags = [*FLAGS, "--no-sandbox"] if os.getuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=flags)
        yield browser
        browser.close()
