"""Takes an open conversation through its states: actions, files, unread messages, search, block.

Nothing here is located by its text, because the page may be in any language.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from playwright.sync_api import FilePayload, Page, expect

from reference_app.runtime.environment import ROOT
from tests.e2e.people import TIMEOUT_MS, entry_of
from tests.files import HTML, PDF

PLOT = ROOT / "reports" / "sample" / "plots" / "latency.png"
PAPER = FilePayload(name="محضر الاجتماع.pdf", mimeType="application/pdf", buffer=PDF)
MISNAMED = FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=HTML)
UNREAD_MESSAGES = 40

ANSWER = """async ({ group, plot }) => {
    const { get, post, put, upload } = await import("/static/web/js/transport/http.js");
    const path = `/conversations/${group}/messages`;
    const [first] = (await get(path)).messages;
    await put(`${path}/${first.id}/reactions/${encodeURIComponent("🎉")}`);
    const bytes = Uint8Array.from(atob(plot), (one) => one.charCodeAt(0));
    const file = await upload(`/conversations/${group}/files`,
        new File([bytes], "latency.png", { type: "image/png" }),
        { onProgress: () => {}, signal: new AbortController().signal });
    await post(path, {
        client_id: crypto.randomUUID(), reply_to: first.id, files: [file.id],
        text: "@amal, very good. I will tell the others, ومعهم فريق الدعم.",
    });
}"""
"""Runs in the other person's page: adds a reaction, and replies with a mention and a picture."""

TYPE = """async ({ group }) => {
    const { post } = await import("/static/web/js/transport/http.js");
    await post(`/conversations/${group}/typing`, { active: true });
}"""

SAY = """async ({ group, count }) => {
    const { post } = await import("/static/web/js/transport/http.js");
    for (let number = 1; number <= count; number += 1) {
        const text = `Step ${number}: done, as was agreed. ${"تم. ".repeat(number % 5)}`;
        await post(`/conversations/${group}/messages`, { client_id: crypto.randomUUID(), text });
    }
}"""

DISMISS = """() => document.querySelectorAll(".toast-note button").forEach((one) => one.click())"""

DRAG = """(kind) => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "x.txt", { type: "text/plain" }));
    document.getElementById("conversation").dispatchEvent(
        new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
}"""


def answer(other: Page, group: int) -> None:
    """Make the other person react, reply, and begin to type."""
    plot = base64.b64encode(PLOT.read_bytes()).decode()
    other.evaluate(ANSWER, {"group": group, "plot": plot})
    other.evaluate(TYPE, {"group": group})


def message_states(page: Page, other: Page, group: int) -> Iterator[str]:
    """Yield the name of each state of an open conversation.

    Both the reader and the other person have written in it.
    """
    yield from _actions(page)
    yield from _composer(page)
    yield from _files(page)
    yield from _unread(page, other, group)
    yield from _search(page)
    yield from _block(page)


def open_conversation(page: Page, title: str) -> None:
    """Open a conversation, whatever the page shows now."""
    if page.locator("#back").is_visible():
        page.locator("#back").click()
    entry_of(page, title).first.click()


def _actions(page: Page) -> Iterator[str]:
    own = page.locator(".message.is-mine .bubble").first
    page.locator(".message:not(.is-mine) .bubble").first.hover()
    expect(page.locator(".message-tools")).to_be_visible()
    yield "message-tools"
    own.hover()
    yield "message-tools-own"
    own.click(button="right")
    expect(page.locator("#menu")).to_be_visible()
    yield "message-menu"
    page.locator("#menu .menu-item").first.click()
    expect(page.locator("#menu.is-grid")).to_be_visible()
    yield "emoji"
    page.keyboard.press("Escape")
    own.click(button="right")
    page.locator("#menu .menu-item").nth(1).click()
    expect(page.locator("#composer-context")).to_be_visible()
    page.mouse.move(0, 0)
    yield "replying"
    page.keyboard.press("Escape")


def _composer(page: Page) -> Iterator[str]:
    field = page.locator("#composer-text")
    field.press("ArrowUp")
    expect(page.locator("#composer-context")).to_be_visible()
    yield "editing"
    field.press("Escape")
    field.press_sequentially("Dear @")
    expect(page.locator("#mentions")).to_be_visible()
    yield "mentions"
    field.press("Escape")
    field.fill("أطول مما يجوز " * 300)
    page.locator(".send").click()
    expect(page.locator("#composer-problem")).not_to_have_text("")
    yield "too-long"
    field.fill("photo_\u202egpj.exe")
    page.locator(".send").click()
    trouble = page.locator(".message-trouble")
    expect(trouble).to_be_visible(timeout=TIMEOUT_MS)
    yield "refused"
    trouble.locator("button").last.click()
    field.fill("")
    page.evaluate(DRAG, "dragenter")
    yield "dropping"
    page.evaluate(DRAG, "dragleave")


def _files(page: Page) -> Iterator[str]:
    page.locator("#file-chooser").set_input_files([PAPER, MISNAMED])
    failed = page.locator(".upload[data-state=failed]")
    expect(failed).to_be_visible(timeout=TIMEOUT_MS)
    yield "uploads"
    failed.locator("button").last.click()
    page.locator(".send").click()
    expect(page.locator(".file")).to_be_visible(timeout=TIMEOUT_MS)
    yield "files"
    page.locator(".message:has(.file) .message-foot").click(button="right")
    page.locator("#menu .menu-item").nth(1).click()
    page.locator("#composer-text").fill("هذا هو المحضر")
    page.locator(".send").click()
    expect(page.locator(".quote")).to_have_count(2, timeout=TIMEOUT_MS)
    yield "quoted-file"
    page.locator(".picture").click()
    page.wait_for_function("() => document.querySelector('#viewer-image').naturalWidth > 0")
    yield "viewer"
    page.keyboard.press("Escape")


def _unread(page: Page, other: Page, group: int) -> Iterator[str]:
    open_conversation(page, "Deniz")
    expect(page.locator(".bubble").first).to_be_visible(timeout=TIMEOUT_MS)
    yield "direct"
    other.evaluate(SAY, {"group": group, "count": UNREAD_MESSAGES})
    entry = entry_of(page, "Launch").first
    unread = entry.locator(".unread:not(.mentioned)")
    expect(unread).not_to_have_text("", timeout=TIMEOUT_MS)
    expect(page.locator(".toast-note").last).to_be_visible()
    yield "news"
    page.evaluate(DISMISS)
    open_conversation(page, "Launch")
    expect(page.locator(".unread-mark")).to_be_in_viewport(timeout=TIMEOUT_MS)
    yield "unread"
    other.evaluate(SAY, {"group": group, "count": 1})
    expect(page.locator("#latest-count")).to_be_visible(timeout=TIMEOUT_MS)
    yield "latest"
    page.locator("#latest").click()


def _search(page: Page) -> Iterator[str]:
    page.keyboard.press("Control+k")
    page.locator("#search").fill("the")
    expect(page.locator("#search-list .found").first).to_be_visible(timeout=TIMEOUT_MS)
    yield "search"
    page.locator("#search").fill("nothing like this")
    expect(page.locator("#search-list .found")).to_have_count(0, timeout=TIMEOUT_MS)
    yield "search-nothing"
    page.locator("#search-clear").click()


def _block(page: Page) -> Iterator[str]:
    open_conversation(page, "Deniz")
    page.locator("#details-open").click(button="right")
    page.locator("#menu .menu-item").last.click()
    expect(page.locator("#confirm")).to_be_visible()
    yield "block"
    page.locator("#confirm-do").click()
    expect(page.locator("#blocked-note")).to_be_visible(timeout=TIMEOUT_MS)
    yield "blocked"
    page.locator("#blocked-undo").click()
    expect(page.locator("#blocked-note")).to_be_hidden(timeout=TIMEOUT_MS)
    page.evaluate(DISMISS)
    open_conversation(page, "Launch")
