"""Tests of refused texts and files: the page shows why, in both languages, on both servers."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import TIMEOUT_MS, People
from tests.files import HTML

TOO_LONG = ("أطول " * 1_000, "e" + "\u0301" * 10_000)
REFUSED = {
    "\u200b\u2060": ("There is nothing to read in it.", "ليس فيها ما يُقرأ."),
    "beep \u0007 beep": ("It holds invisible control characters.", "تحوي أحرف تحكم لا تُرى."),
    "photo_\u202egpj.exe": ("turn the reading direction round", "تقلب اتجاه القراءة"),
    "e" + "\u0301" * 3_000: (
        "A character in it has too many marks.",
        "في أحد أحرفها علامات أكثر من اللازم.",
    ),
}
LENGTH_LIMIT = ("at most", "لا يمكن أن تحوي الرسالة أكثر من")
LARGE = ("is too large: a file may have at most", "كبير جدًّا: الحدّ الأقصى للملف")
WRONG_TYPE = ("not what its name says", "ليس كما يقول اسمه")

in_both_languages = pytest.mark.parametrize(
    ("locale", "language"), [("en-GB", 0), ("ar", 1)], ids=["en", "ar"]
)

DROP = """() => {
    const large = new File(["x"], "large.zip");
    Object.defineProperty(large, "size", { value: 2 ** 31 });
    const event = new DragEvent("drop", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], files: [large] } });
    document.querySelector("#conversation").dispatchEvent(event);
}"""
"""Drops a file that claims 2 GiB: the page checks the size that the file object reports."""


def open_new_conversation(people: People, locale: str) -> Page:
    page = people.sign_in("carol", locale=locale)
    page.locator("#new-conversation").click()
    page.locator("#picker .person", has_text="Deniz").click()
    page.locator("#picker-start").click()
    expect(page.locator("#picker")).to_be_hidden(timeout=TIMEOUT_MS)
    return page


@in_both_languages
def test_a_refused_text_shows_the_reason_and_is_kept(
    people: People, locale: str, language: int
) -> None:
    page = open_new_conversation(people, locale)
    field = page.locator("#composer-text")
    for text in TOO_LONG:
        field.fill(text)
        field.press("Enter")
        expect(page.locator("#composer-problem")).to_contain_text(LENGTH_LIMIT[language])
        expect(field).to_have_value(text)
    for text, why in REFUSED.items():
        field.fill(text)
        field.press("Enter")
        trouble = page.locator(".message-trouble")
        expect(trouble).to_contain_text(why[language], timeout=TIMEOUT_MS)
        trouble.locator("button").last.click()
        expect(field).to_have_value(text)
    for blank in ("", "   ", "\n\t\n"):
        field.fill(blank)
        field.press("Enter")
    expect(page.locator(".message")).to_have_count(0)


@in_both_languages
def test_a_refused_file_shows_the_reason(people: People, locale: str, language: int) -> None:
    page = open_new_conversation(people, locale)
    page.evaluate(DROP)
    expect(page.locator("#toasts-urgent")).to_contain_text(LARGE[language])
    expect(page.locator(".upload")).to_have_count(0)
    misnamed = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": HTML}
    page.locator("#file-chooser").set_input_files([misnamed])  # type: ignore[list-item]
    failed = page.locator(".upload[data-state=failed]")
    expect(failed).to_contain_text(WRONG_TYPE[language], timeout=TIMEOUT_MS)
    failed.locator("button").last.click()
    expect(page.locator(".upload")).to_have_count(0)


def test_nobody_can_block_themselves(people: People) -> None:
    page = people.sign_in("carol")
    page.locator(".me-name").click(button="right")
    expect(page.get_by_role("menuitem")).to_have_text(["Profile", "Copy details"])
    page.get_by_role("menuitem", name="Profile").click()
    expect(page.locator("#profile-name")).to_have_text("Carol Jones", timeout=TIMEOUT_MS)
    expect(page.locator("#profile-block")).to_be_hidden()
    error = page.evaluate(
        """async () => {
            const { put } = await import("/static/web/js/transport/http.js");
            const me = document.getElementById("chat").dataset.me;
            return put(`/me/blocks/${me}`).catch((error) => error.message);
        }"""
    )
    assert error == "You cannot block yourself."
