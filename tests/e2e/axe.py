"""Runs axe-core, the accessibility checker, in a page. A Python wheel contains its script."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from playwright.sync_api import Page

PACKAGE = "axe_playwright_python"

RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) =>
        `${id}: ${help}: ` + nodes.map((node) => node.target.join(" ")).join(", "));
}"""


def _source() -> str:
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations
    return (Path(spec.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Return the violations that axe finds: its rule, its explanation and the elements."""
    # By the debugger: the page's Content-Security-Policy allows its own scripts only.
    page.evaluate(f"() => {{ if (!window.axe) {{ {_source()} }} }}")
    found: list[str] = page.evaluate(RUN)
    return found
