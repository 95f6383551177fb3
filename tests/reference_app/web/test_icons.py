"""The icon font has exactly the icons that the page uses; `make icons` writes it."""

from __future__ import annotations

import re

import pytest
from fontTools.ttLib import TTFont

from reference_app.web import icons

RULE = re.compile(r"\.fa-([a-z0-9-]+)::before \{\s+content: \"\\([0-9a-f]+)\";")


def rules() -> dict[str, int]:
    sheet = icons.STYLE.read_text(encoding="utf-8")
    return {name: int(code, 16) for name, code in RULE.findall(sheet)}


def test_the_style_sheet_has_every_icon_that_the_page_uses_and_no_other() -> None:
    assert rules() == icons.codes_of(icons.used()), "run make icons"


def test_the_font_has_the_icons_of_the_style_sheet_and_no_other() -> None:
    with TTFont(icons.FONT) as font:
        shapes = font["glyf"]
        drawn = {code for code, name in font.getBestCmap().items() if shapes[name].numberOfContours}
    assert drawn == set(rules().values()), "run make icons"


def test_the_font_has_no_reserved_name() -> None:
    with TTFont(icons.FONT) as font:
        names = {record.nameID: record.toUnicode() for record in font["name"].names}
    assert {names[1], names[4]} == {icons.FAMILY}
    assert "Font Awesome" not in names[6]


def test_an_icon_that_font_awesome_does_not_have_is_named() -> None:
    with pytest.raises(LookupError, match="no-such-icon"):
        icons.codes_of({"check", "no-such-icon"})
