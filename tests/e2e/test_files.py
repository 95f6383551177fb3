"""Tests of files and pictures, on both servers: chosen, dropped, pasted, refused, received."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.people import ARTEFACTS, TIMEOUT_MS, People, entry_of, start_direct, write
from tests.files import HTML, PDF, picture

VIEW = FilePayload(name="view.png", mimeType="image/png", buffer=picture(640, 480))
PAPER = FilePayload(name="تقرير.pdf", mimeType="application/pdf", buffer=PDF)

DROP = """([name, bytes, kind, target]) => {
    const data = new DataTransfer();
    const type = name.endsWith("png") ? "image/png" : "text/plain";
    const content = Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0));
    data.items.add(new File([content], name, { type }));
    const options = { bubbles: true, cancelable: true };
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { ...options, clipboardData: data })
        : new DragEvent(kind, { ...options, dataTransfer: data });
    document.querySelector(target).dispatchEvent(event);
}"""


def choose_files(page: Page, *files: FilePayload) -> None:
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Add files").click()
    chosen.value.set_files(list(files))


def wait_for_uploads(page: Page, count: int) -> None:
    expect(page.locator(".upload[data-state=done]")).to_have_count(count, timeout=TIMEOUT_MS)


def dispatch_file(page: Page, name: str, content: bytes, kind: str) -> None:
    target = "#composer-text" if kind == "paste" else "#conversation"
    page.evaluate(DROP, [name, base64.b64encode(content).decode(), kind, target])


def test_files_without_text_are_sent_received_and_shown_large(people: People) -> None:
    amal, carol = people.sign_in("amal"), people.sign_in("carol")
    start_direct(amal, "Carol")
    choose_files(amal, VIEW, PAPER)
    wait_for_uploads(amal, 2)
    expect(amal.locator("#upload-status")).to_contain_text("ready to be sent")
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    amal.screenshot(path=ARTEFACTS / "files-queue.png")
    amal.get_by_role("button", name="Send").click()
    entry_of(carol, "أمل").click()
    image = carol.locator(".picture-image").last
    expect(image).to_be_visible(timeout=TIMEOUT_MS)
    carol.wait_for_function("() => document.querySelector('.picture-image').naturalWidth > 0")
    assert image.evaluate("one => [one.width, one.height]") == [320, 240]
    expect(carol.locator(".file-name", has_text="تقرير.pdf")).to_be_visible()
    expect(amal.locator(".upload")).to_have_count(0)
    carol.screenshot(path=ARTEFACTS / "files.png")
    carol.locator(".picture").last.click()
    expect(carol.locator("#viewer")).to_be_visible()
    carol.wait_for_function("() => document.querySelector('#viewer-image').naturalWidth === 640")
    expect(carol.get_by_role("button", name="Close")).to_be_focused()
    with carol.expect_download() as kept:
        carol.get_by_role("link", name="Download", exact=True).click()
    assert kept.value.suggested_filename == "view.png"
    assert Path(kept.value.path()).read_bytes() == VIEW["buffer"]
    carol.keyboard.press("Escape")
    expect(carol.locator("#viewer")).to_be_hidden()
    with carol.expect_download() as paper:
        carol.locator(".file").last.click()
    assert paper.value.suggested_filename == "تقرير.pdf"


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_dropped_and_pasted_files_are_sent_with_the_text(people: People, kind: str) -> None:
    badr = people.sign_in("badr")
    start_direct(badr, "Deniz")
    if kind == "drop":
        dispatch_file(badr, "dropped.png", VIEW["buffer"], "dragenter")
        expect(badr.locator("#drop-target")).to_be_visible()
        badr.screenshot(path=ARTEFACTS / "files-drop.png")
    dispatch_file(badr, "dropped.png", VIEW["buffer"], kind)
    expect(badr.locator("#drop-target")).to_be_hidden()
    wait_for_uploads(badr, 1)
    write(badr, f"by {kind}")
    message = badr.locator(".message", has_text=f"by {kind}")
    expect(message.locator(".picture")).to_have_count(1, timeout=TIMEOUT_MS)


def test_a_refused_file_is_reported_and_can_be_removed(people: People) -> None:
    amal = people.sign_in("amal")
    start_direct(amal, "Deniz")
    # A small file that claims 2 GiB: the page checks the size that the file object reports.
    amal.evaluate(
        """() => {
            const large = new File(["x"], "large.zip");
            Object.defineProperty(large, "size", { value: 2 ** 31 });
            const event = new DragEvent("drop", { bubbles: true, cancelable: true });
            const value = { types: ["Files"], files: [large] };
            Object.defineProperty(event, "dataTransfer", { value });
            document.querySelector("#conversation").dispatchEvent(event);
        }"""
    )
    expect(amal.locator("#toasts-urgent")).to_contain_text("large.zip\u2069 is too large")
    expect(amal.locator("#toasts-urgent")).to_contain_text("10 MB")
    expect(amal.locator(".upload")).to_have_count(0)
    choose_files(amal, FilePayload(name="page.png", mimeType="image/png", buffer=HTML))
    failed = amal.locator(".upload[data-state=failed]")
    expect(failed).to_contain_text("not what its name says", timeout=TIMEOUT_MS)
    amal.screenshot(path=ARTEFACTS / "files-refused.png")
    write(amal, "too early")
    expect(amal.locator("#toasts")).to_contain_text("Upload the files again, or remove them")
    amal.get_by_role("button", name="Remove \u2068page.png\u2069").click()
    amal.get_by_label("Message", exact=True).press("Enter")
    expect(amal.locator(".message", has_text="too early")).to_be_visible()


def test_a_failed_upload_can_be_retried(people: People) -> None:
    carol = people.sign_in("carol")
    start_direct(carol, "بدر")
    carol.route("**/files", lambda route: route.abort())
    choose_files(carol, VIEW)
    expect(carol.locator(".upload[data-state=failed]")).to_contain_text(
        "cannot be reached", timeout=TIMEOUT_MS
    )
    carol.unroute("**/files")
    carol.get_by_role("button", name="Upload \u2068view.png\u2069 again").press("Enter")
    wait_for_uploads(carol, 1)


def test_a_picture_is_served_to_members_only(people: People) -> None:
    amal, badr = people.sign_in("amal"), people.sign_in("badr")
    start_direct(amal, "بدر")
    choose_files(amal, VIEW)
    wait_for_uploads(amal, 1)
    amal.get_by_role("button", name="Send").click()
    entry_of(badr, "أمل").click()
    image = badr.locator(".picture-image").last
    expect(image).to_be_visible(timeout=TIMEOUT_MS)
    address = image.get_attribute("src")
    assert address
    assert badr.request.get(f"{people.server.url}{address}").status == 200
    stranger = people.sign_in("carol")
    assert stranger.request.get(f"{people.server.url}{address}").status == 404


def test_a_phone_shows_files_within_its_width_in_arabic(people: People) -> None:
    deniz = people.sign_in("deniz", width=390, locale="ar")
    deniz.get_by_role("button", name="محادثة جديدة").click()
    deniz.locator("#picker .person", has_text="Carol").click()
    deniz.locator("#picker-start").click()
    with deniz.expect_file_chooser() as chosen:
        deniz.locator("#attach").click()
    chosen.value.set_files([VIEW, PAPER])
    wait_for_uploads(deniz, 2)
    deniz.screenshot(path=ARTEFACTS / "files-phone-queue.png")
    deniz.locator(".send").click()
    expect(deniz.locator(".picture")).to_be_visible(timeout=TIMEOUT_MS)
    deniz.screenshot(path=ARTEFACTS / "files-phone.png")
    assert deniz.locator("body").evaluate("body => body.scrollWidth <= innerWidth")
