"""Starts the browser that the tests, the screenshots and the measurements use."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from reference_app.runtime.environment import ROOT

FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoBrowser(Exception):  # noqa: N818 - its message is shown as it is
    """No browser was found; the message says how to get one."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium or Chrome of this machine, headless.

    Raises:
        NoBrowser: there is none, and none could be installed.
    """
    found = subprocess.run(
        [ROOT / "scripts" / "dev" / "find-browser"], capture_output=True, text=True, cwd=ROOT
    )
    if found.returncode:
        raise NoBrowser(found.stderr.strip())
    # Chromium's sandbox does not work for root.
    flags = [*FLAGS, "--no-sandbox"] if os.getuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=flags)
        yield browser
        browser.close()
