"""Records the sounds and the notifications of a page, and returns what was recorded."""

from __future__ import annotations

from playwright.sync_api import Page

RECORD = """() => {
    window.recorded = { sounds: 0, notifications: [] };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
        window.recorded.sounds += 1;
        document.documentElement.dataset.sounds = window.recorded.sounds;
        return start.apply(this, when);
    };
    window.Notification = class {
        static permission = "granted";
        static requestPermission = async () => {
            window.recorded.asked = true;
            return "granted";
        };
        constructor(title, options) {
            window.recorded.notifications.push({ title, ...options });
            window.recorded.last = this;
            document.documentElement.dataset.notifications = window.recorded.notifications.length;
        }
        close() {}
    };
    const resume = AudioContext.prototype.resume;
    AudioContext.prototype.resume = async function () {
        await resume.call(this);
        document.documentElement.dataset.canSound = "";
    };
    let hidden = window.opensHidden === true;
    Object.defineProperty(document, "hidden", { get: () => hidden });
    window.hide = (is) => {
        hidden = is;
        document.dispatchEvent(new Event("visibilitychange"));
    };
}"""
"""A script of the page that records sounds and notifications, and can hide the page.

A headless browser plays no sound, shows no notification and hides no tab. The counts are also
attributes, so that `expect` can wait for them: the page's Content-Security-Policy forbids
`wait_for_function`.
"""

TONES_PER_SOUND = 2
"""Tones that the sound of a message consists of."""


def played_tones(*pages: Page) -> int:
    """Return how many tones the pages have played."""
    return sum(int(page.evaluate("recorded.sounds")) for page in pages)


def shown_notifications(*pages: Page) -> list[dict[str, str]]:
    """Return the notifications that the pages have shown."""
    return [one for page in pages for one in page.evaluate("recorded.notifications")]
