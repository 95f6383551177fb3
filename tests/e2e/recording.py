"""Records the sounds and the notifications of a page."""

from __future__ import annotations

from playwright.sync_api import Page

RECORD = """() => {
    window.told = { sounds: 0, notifications: [] };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
        window.told.sounds += 1;
        document.documentElement.dataset.sounds = window.told.sounds;
        return start.apply(this, when);
    };
    window.Notification = class {
        static permission = "granted";
        static requestPermission = async () => {
            window.told.asked = true;
            return "granted";
        };
        constructor(title, options) {
            window.told.notifications.push({ title, ...options });
            window.told.last = this;
            document.documentElement.dataset.notifications = window.told.notifications.length;
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
"""A page's script that records sounds and notifications, and hides the page: a browser without a
screen does neither. The counts are attributes too, which `expect` can wait for: the page's
Content-Security-Policy forbids `wait_for_function`."""

NOTES = 2
"""Notes of the sound of a message."""


def sounds(*pages: Page) -> int:
    """Return how many notes the pages have played."""
    return sum(int(page.evaluate("told.sounds")) for page in pages)


def notifications(*pages: Page) -> list[dict[str, str]]:
    """Return the notifications that the pages have shown."""
    return [one for page in pages for one in page.evaluate("told.notifications")]
