"""The page for those who see little, hear it, or have no mouse."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from reference_app.serving import commands
from tests.e2e.axe import violations
from tests.e2e.people import PATIENCE, People, start_direct
from tests.e2e.states import (
    DESKTOP,
    PHONE,
    chat_states,
    first_run_states,
    sign_in_states,
    wishes,
)
from tests.launch import Launched
from tests.served import served

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
"""What is smaller than a finger; what stands in a text is as large as the text."""

OUTLINE = """() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2
        || getComputedStyle(document.activeElement).boxShadow !== "none";
}"""


@on_daphne
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_and_no_target_is_small(
    people: People, server: Launched, language: str, theme: str, width: int
) -> None:
    options = wishes(theme, language, width)
    found: dict[str, list[str]] = {}

    def check(page: Page, state: str) -> None:
        if wrong := wrong_with(page):
            found[state] = wrong

    page = people.visit(**options)
    for state in sign_in_states(page, server.url):
        check(page, state)
    page.goto(server.url)
    people.enter(page, "amal")
    other = people.sign_in("badr")
    for state in chat_states(page, other):
        check(page, state)
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def test_axe_finds_nothing_where_there_is_nobody_yet(browser: Browser, tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    with served(commands.tuned_daphne, tmp_path, people=0) as site:
        for reader in product(("light", "dark"), ("en", "ar"), (DESKTOP, PHONE)):
            page = browser.new_page(**wishes(*reader))
            for state in first_run_states(page, site.url):
                if wrong := wrong_with(page):
                    found[f"{state} {reader}"] = wrong
            page.context.close()
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def wrong_with(page: Page) -> list[str]:
    return [*violations(page), *(f"small: {one}" for one in page.evaluate(SMALL))]


@on_daphne
def test_one_can_chat_with_the_keyboard_alone(people: People) -> None:
    page = people.visit(viewport={"width": DESKTOP, "height": 720}, locale="en-GB")
    keyboard = page.keyboard
    expect(page.locator("#id_username")).to_be_focused()
    keyboard.type("carol")
    keyboard.press("Tab")
    keyboard.type("carol123")
    keyboard.press("Enter")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    # Find a person.
    walk_to(page, page.locator("#new-conversation"))
    keyboard.press("Enter")
    expect(page.locator("#picker")).to_be_visible()
    walk_to(page, page.locator("#picker-search"))
    keyboard.type("Deniz")
    expect(page.locator("#picker-people .person")).to_have_count(1, timeout=PATIENCE)
    walk_to(page, page.locator("#picker-people input"))
    keyboard.press("Space")
    walk_to(page, page.locator("#picker-start"))
    keyboard.press("Enter")
    # Chat.
    expect(page.locator("#composer-text")).to_be_focused(timeout=PATIENCE)
    keyboard.type("Written without a mouse")
    keyboard.press("Enter")
    expect(page.locator(".bubble").last).to_have_text("Written without a mouse")
    # Who is it? The menu of the conversation's name, from the keyboard.
    walk_to(page, page.locator("#details-open"), backwards=True)
    keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    keyboard.press("Enter")
    expect(page.locator("#profile-name")).to_have_text("Deniz Kaya", timeout=PATIENCE)
    keyboard.press("Escape")
    # Block: the last of the same menu.
    walk_to(page, page.locator("#details-open"))
    keyboard.press("Shift+F10")
    keyboard.press("End")
    expect(page.get_by_role("menuitem", name="Block")).to_be_focused()
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    walk_to(page, page.locator("#confirm-do"))
    keyboard.press("Enter")
    walk_to(page, page.locator("#blocked-undo"))
    keyboard.press("Enter")
    expect(page.locator("#composer-text")).to_be_focused(timeout=PATIENCE)
    # Delete.
    walk_to(page, page.locator("#details-open"), backwards=True)
    keyboard.press("Enter")
    walk_to(page, page.locator("#details-delete"))
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    walk_to(page, page.locator("#confirm-do"))
    keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("was deleted", timeout=PATIENCE)


def walk_to(page: Page, goal: Locator, *, backwards: bool = False) -> None:
    """Press Tab until something has the focus, and see on the way that the focus is seen."""
    expect(goal).to_be_visible(timeout=PATIENCE)
    for _step in range(60):
        if goal.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    expect(goal).to_be_focused()
    assert page.evaluate(OUTLINE), f"the focus is not seen: {goal}"


@on_daphne
def test_what_moves_stands_still_for_those_who_want_it_so(people: People) -> None:
    page = people.visit(reduced_motion="reduce", locale="en-GB")
    people.enter(page, "deniz")
    start_direct(page, "Carol")
    moving = page.evaluate(
        """() => document.getAnimations().length + [...document.querySelectorAll("*")].filter(
            (element) => parseFloat(getComputedStyle(element).transitionDuration) > 0.01
        ).length"""
    )
    assert moving == 0
