"""The settings document lists every variable that the application reads, and no other."""

from __future__ import annotations

import re

from reference_app.runtime import environment
from reference_app.runtime.environment import ROOT

DOCUMENT = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
SOURCE = (ROOT / "reference_app/runtime/environment.py").read_text(encoding="utf-8")
# A variable that is read by a literal name, directly or by one of the module's functions.
READERS = (
    "environ\\.get|secret|_boolean|_list|_choice|_private_address|_mebibytes|_internal_path"
    "|_whole_number|_prefix|_origins"
)
READ = rf'(?:{READERS})\(\s*(?:\w+, )?"([A-Z_]+)"'


def test_every_variable_that_the_settings_read_is_listed() -> None:
    application = DOCUMENT.split("\n## ")[0]
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", application, re.MULTILINE))
    assert listed == set(re.findall(READ, SOURCE))


def test_every_value_that_can_be_chosen_is_listed() -> None:
    for choices in (environment.Mode, environment.ChannelLayer, environment.Transport):
        for value in choices:
            assert f"`{value}`" in DOCUMENT


def test_every_variable_of_the_tools_is_read_by_something() -> None:
    tools = DOCUMENT.split("\n## What the tools read")[1]
    sources = [
        *(ROOT / "scripts").rglob("*"),
        *(ROOT / "tests").glob("*.py"),
        *(ROOT / "reference_app/serving/check").glob("*.py"),
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.is_file())
    for name in re.findall(r"^\| `([A-Z_]+)` \|", tools, re.MULTILINE):
        assert name in text
