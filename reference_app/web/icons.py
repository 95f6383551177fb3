"""Create a font and a style sheet of only the Font Awesome icons that the page uses.

`python -m reference_app.web.icons` (`make icons`) writes them; a test fails when the page uses
an icon that is missing in them (docs/decisions/0009-icons.md).
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Collection, Iterable
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset

WEB = Path(__file__).parent
FONT = WEB / "static" / "web" / "fonts" / "icons.woff2"
STYLE = WEB / "static" / "web" / "css" / "icons.css"
SOURCES = (WEB / "templates", WEB / "static" / "web" / "js")

# Font Awesome's licence reserves its own name.
FAMILY = "Fawran Icons"
_FULL_NAME_IDS = (1, 3, 4, 16)
_POSTSCRIPT_NAME_ID = 6

_ICON = re.compile(r"\bfa-(?!solid\b)([a-z0-9-]+)")

_SHEET = """\
/* Written by `make icons` from Font Awesome Free {version}; do not edit.
   Icons: CC BY 4.0, font: SIL OFL 1.1, https://fontawesome.com/license/free; fonts/LICENSE.txt */
@font-face {{
  font-family: "{family}";
  font-weight: 900;
  font-display: block;
  src: url("../fonts/icons.woff2") format("woff2");
}}

.fa-solid {{
  display: inline-block;
  min-inline-size: 1em;
  text-align: center;
  font-family: "{family}";
  font-style: normal;
  font-weight: 900;
  font-variant: normal;
  line-height: 1;
  text-rendering: auto;
  -webkit-font-smoothing: antialiased;
}}
"""

_RULE = """
.fa-{name}::before {{
  content: "\\{code}";
}}
"""


def used() -> set[str]:
    """Return the names of the icons in the templates and JavaScript modules."""
    files = (path for source in SOURCES for path in source.rglob("*") if path.is_file())
    return {name for path in files for name in _ICON.findall(path.read_text(encoding="utf-8"))}


def codes_of(names: Collection[str]) -> dict[str, int]:
    """Return the character codes of icons by name, sorted by name.

    Raises:
        LookupError: Font Awesome has no such icon in its free solid style.
    """
    icons = json.loads((_package() / "metadata" / "icons.json").read_text(encoding="utf-8"))
    free = {name: int(one["unicode"], 16) for name, one in icons.items() if "solid" in one["free"]}
    if unknown := sorted(set(names) - set(free)):
        raise LookupError(f"Font Awesome Free has no solid icon {', '.join(unknown)}.")
    return {name: free[name] for name in sorted(names)}


def main() -> None:
    """Write the font, its style sheet and its licence."""
    try:
        codes = codes_of(used())
    except LookupError as unknown:
        sys.exit(f"fawran: {unknown}")
    FONT.parent.mkdir(exist_ok=True)
    _write_font(codes.values())
    rules = (_RULE.format(name=name, code=f"{code:x}") for name, code in codes.items())
    STYLE.write_text(_SHEET.format(version=_version(), family=FAMILY) + "".join(rules), "utf-8")
    shutil.copyfile(_package() / "LICENSE.txt", FONT.with_name("LICENSE.txt"))
    print(f"{len(codes)} icons, {FONT.stat().st_size:,} bytes")


def _write_font(codes: Iterable[int]) -> None:
    options = subset.Options(flavor="woff2", hinting=False, layout_features=[], name_IDs=["*"])
    font = subset.load_font(_package() / "webfonts" / "fa-solid-900.ttf", options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in _FULL_NAME_IDS:
            record.string = FAMILY
        elif record.nameID == _POSTSCRIPT_NAME_ID:
            record.string = FAMILY.replace(" ", "")
    subset.save_font(font, FONT, options)


def _package() -> Path:
    spec = find_spec("fontawesomefree")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("fawran: the package fontawesomefree is not installed: run make icons.")
    return Path(spec.submodule_search_locations[0]) / "static" / "fontawesomefree"


def _version() -> str:
    sheet = (_package() / "css" / "fontawesome.css").read_text(encoding="utf-8")
    found = re.search(r"Font Awesome Free ([\d.]+)", sheet)
    return found[1] if found else ""


if __name__ == "__main__":
    main()
