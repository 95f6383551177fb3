"""Every document: the commands that it names exist, and its links lead to files that exist."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from reference_app import protocol
from reference_app.api.chat import STATUS
from reference_app.runtime.environment import ROOT
from tests.docs import documents

DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("reports/*.md")]
    if path.is_file()
)
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS]
)


@each_document
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = {
        target for words in documents.commands(text) for target in documents.make_targets(words)
    }
    named |= set(re.findall(r"`make ([a-z][a-z-]*)", text))
    assert named <= TARGETS


@each_document
def test_every_script_that_a_document_names_can_be_run(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = {path for words in documents.commands(text) for path in documents.paths(words)}
    named |= set(re.findall(r"`(scripts/[\w/-]+)", text))
    for path in named:
        assert (ROOT / path).exists(), path
        if path.removeprefix("./").startswith(("scripts/", ".ci/")):
            assert os.access(ROOT / path, os.X_OK), path


@each_document
def test_every_module_that_a_document_runs_exists(document: Path) -> None:
    for words in documents.commands(document.read_text(encoding="utf-8")):
        for module in documents.modules(words):
            assert find_spec(module), module


@each_document
def test_every_target_of_a_relative_link_or_image_exists(document: Path) -> None:
    for address in documents.links(document.read_text(encoding="utf-8")):
        target, anchor = documents.resolve(document, address)
        assert target.exists(), address
        assert target.is_relative_to(ROOT), address
        if anchor and target.suffix == ".md":
            assert anchor in documents.anchors(target.read_text(encoding="utf-8")), address


def test_the_protocol_document_lists_every_error_code_and_its_status() -> None:
    text = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", text, re.MULTILINE))
    assert listed == {code.value: str(status.value) for code, status in STATUS.items()}


def test_the_protocol_document_lists_every_close_code() -> None:
    text = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
    listed = {int(code) for code in re.findall(r"^\| (\d{4}) \|", text, re.MULTILINE)}
    assert listed == {value for name, value in vars(protocol).items() if name.startswith("CLOSE_")}


SAMPLE = """
# A title: `with` [a link](x.md)!

See [there](docs/protocol.md#frames) and ![a picture](a.png "title"), <img src="b.svg">,
not [out](https://example.org/).

```sh
$ PROFILE=smoke make bench ARGS="--users 5"   # ninety seconds
scripts/check-chat \\
    https://localhost:8000 --insecure
.venv/bin/python -m benchmarks report RUN
```

```text
make nothing [no](link.md)
```
"""


def test_commands_are_read_from_shell_blocks_only() -> None:
    found = list(documents.commands(SAMPLE))
    assert [words[0] for words in found] == [
        "PROFILE=smoke",
        "scripts/check-chat",
        ".venv/bin/python",
    ]
    assert documents.make_targets(found[0]) == ["bench"]
    assert documents.paths(found[1]) == ["scripts/check-chat"]
    assert documents.modules(found[2]) == ["benchmarks"]


def test_links_are_read_from_prose_only() -> None:
    assert list(documents.links(SAMPLE)) == ["x.md", "docs/protocol.md#frames", "a.png", "b.svg"]


def test_anchors_are_made_as_github_makes_them() -> None:
    assert documents.anchors(SAMPLE) == {"a-title-with-a-link"}
