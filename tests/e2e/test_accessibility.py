"""Tests for people with low vision, a screen reader, or no mouse."""

from __future__ import annotations

import json
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from reference_app.serving import commands
from tests.e2e.axe import violations
from tests.e2e.people import TIMEOUT_MS, People, start_direct
from tests.e2e.states import (
    DESKTOP,
    PHONE,
    chat_states,
    context_options,
    first_run_states,
    sign_in_states,
)
from tests.launch import Launched
from tests.served import served

long = partial(pytest.param, marks=pytest.mark.long)
on_daphne = pytest.mark.parametrize("server", ["daphne"], indirect=True)

SMALL = """() => {
    const target = 44, inText = ".message";
    const hidden = ".visually-hidden, .visually-hidden-focusable, .form-label";
    const isSmall = (side) => Math.round(side) < target;
    const box = (element) => (element.closest("label") ?? element).getBoundingClientRect();
    return [...document.querySelectorAll("button, input, select, textarea, a[href], label")]
        .filter((element) => element.checkVisibility() && !element.closest(inText))
        .filter((element) => !element.matches(hidden))
        .filter((element) => [box(element).width, box(element).height].some(isSmall))
        .map((element) => element.id || element.className || element.outerHTML.slice(0, 80));
}"""
"""Returns the controls that are smaller than 44 px. Controls within a text may be smaller."""

OUTLINE = """() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2
        || getComputedStyle(document.activeElement).boxShadow !== "none";
}"""


@on_daphne
@pytest.mark.parametrize("width", [long(DESKTOP), PHONE])
@pytest.mark.parametrize("theme", ["light", long("dark")])
@pytest.mark.parametrize("language", ["en", long("ar")])
def test_axe_finds_nothing_and_no_target_is_small(
    people: People, server: Launched, language: str, theme: str, width: int
) -> None:
    options = context_options(theme, language, width)
    found: dict[str, list[str]] = {}

    def check(page: Page, state: str) -> None:
        if problems := problems_in(page):
            found[state] = problems

    page = people.visit(**options)
    for state in sign_in_states(page, server.url):
        check(page, state)
    page.goto(server.url)
    people.sign_in_on(page, "amal")
    other = people.sign_in("badr")
    for state in chat_states(page, other):
        check(page, state)
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def test_axe_finds_nothing_on_a_site_without_users(browser: Browser, tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    with served(commands.tuned_daphne, tmp_path, people=0) as site:
        for reader in product(("light", "dark"), ("en", "ar"), (DESKTOP, PHONE)):
            page = browser.new_page(**context_options(*reader))
            for state in first_run_states(page, site.url):
                if problems := problems_in(page):
                    found[f"{state} {reader}"] = problems
            page.context.close()
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def problems_in(page: Page) -> list[str]:
    return [*violations(page), *(f"small: {one}" for one in page.evaluate(SMALL))]


@on_daphne
def test_chatting_works_with_the_keyboard_alone(people: People) -> None:
    page = people.visit(viewport={"width": DESKTOP, "height": 720}, locale="en-GB")
    keyboard = page.keyboard
    expect(page.locator("#id_username")).to_be_focused()
    keyboard.type("carol")
    keyboard.press("Tab")
    keyboard.type("carol123")
    keyboard.press("Enter")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=TIMEOUT_MS)
    # Start a conversation.
    tab_to(page, page.locator("#new-conversation"))
    keyboard.press("Enter")
    expect(page.locator("#picker")).to_be_visible()
    tab_to(page, page.locator("#picker-search"))
    keyboard.type("Deniz")
    expect(page.locator("#picker-people .person")).to_have_count(1, timeout=TIMEOUT_MS)
    tab_to(page, page.locator("#picker-people input"))
    keyboard.press("Space")
    tab_to(page, page.locator("#picker-start"))
    keyboard.press("Enter")
    # Send a message.
    expect(page.locator("#composer-text")).to_be_focused(timeout=TIMEOUT_MS)
    keyboard.type("Written without a mouse")
    keyboard.press("Enter")
    expect(page.locator(".bubble").last).to_have_text("Written without a mouse")
    # Open the profile, by the menu of the conversation's name.
    tab_to(page, page.locator("#details-open"), backwards=True)
    keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    keyboard.press("Enter")
    expect(page.locator("#profile-name")).to_have_text("Deniz Kaya", timeout=TIMEOUT_MS)
    keyboard.press("Escape")
    # Block: the last item of the same menu.
    tab_to(page, page.locator("#details-open"))
    keyboard.press("Shift+F10")
    keyboard.press("End")
    expect(page.get_by_role("menuitem", name="Block")).to_be_focused()
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    tab_to(page, page.locator("#confirm-do"))
    keyboard.press("Enter")
    tab_to(page, page.locator("#blocked-undo"))
    keyboard.press("Enter")
    expect(page.locator("#composer-text")).to_be_focused(timeout=TIMEOUT_MS)
    # Delete the conversation.
    tab_to(page, page.locator("#details-open"), backwards=True)
    keyboard.press("Enter")
    tab_to(page, page.locator("#details-delete"))
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    tab_to(page, page.locator("#confirm-do"))
    keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("was deleted", timeout=TIMEOUT_MS)


def tab_to(page: Page, goal: Locator, *, backwards: bool = False) -> None:
    """Press Tab until an element has the focus; check that its focus outline is visible."""
    expect(goal).to_be_visible(timeout=TIMEOUT_MS)
    for _step in range(60):
        if goal.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    expect(goal).to_be_focused()
    assert page.evaluate(OUTLINE), f"the focus is not visible: {goal}"


@on_daphne
def test_nothing_moves_when_reduced_motion_is_requested(people: People) -> None:
    page = people.visit(reduced_motion="reduce", locale="en-GB")
    people.sign_in_on(page, "deniz")
    start_direct(page, "Carol")
    moving = page.evaluate(
        """() => document.getAnimations().length + [...document.querySelectorAll("*")].filter(
            (element) => parseFloat(getComputedStyle(element).transitionDuration) > 0.01
        ).length"""
    )
    assert moving == 0
