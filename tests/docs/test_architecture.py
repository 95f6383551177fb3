"""The picture and tables of architecture.md, and where-is-what.md, show the code as it is."""

from __future__ import annotations

import ast
import re

from reference_app.runtime.environment import ROOT
from tests.test_layers import CHAT, PACKAGES

TEXT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
_NODE = re.compile(r'(\w+)\["([\w/]+\.py)<br>([\w.]+)"\]')
_ARROW = re.compile(r"^\s*(\w+)\b[^\n]*?-->\s*(\w+)", re.MULTILINE)


def picture() -> tuple[dict[str, tuple[str, str]], list[tuple[str, str]]]:
    """Return the functions of the picture by their node, and the arrows between nodes."""
    (drawn,) = re.findall(r"```mermaid\n(.*?)```", TEXT, re.DOTALL)
    nodes = {node: (module, function) for node, module, function in _NODE.findall(drawn)}
    return nodes, _ARROW.findall(drawn)


def defined(module: str) -> set[str]:
    """Return the functions and methods that a module of ``reference_app`` defines."""
    names: set[str] = set()
    for node in ast.parse((ROOT / "reference_app" / module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            methods = [one.name for one in node.body if isinstance(one, functions)]
            names |= {f"{node.name}.{method}" for method in methods}
    return names


def used(module: str) -> set[str]:
    """Return the names that a module of ``reference_app`` calls or passes on."""
    tree = ast.parse((ROOT / "reference_app" / module).read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_every_function_of_the_picture_exists() -> None:
    nodes, _arrows = picture()
    assert len(nodes) > 10
    missing = [f"{m}: {name}" for m, name in nodes.values() if name not in defined(m)]
    assert missing == []


def test_every_arrow_of_the_picture_is_a_use_in_the_code() -> None:
    nodes, arrows = picture()
    inside = [(start, end) for start, end in arrows if start in nodes and end in nodes]
    assert len(inside) > 10
    wrong = []
    for start, end in inside:
        (module, _), (_, function) = nodes[start], nodes[end]
        owner, _, name = function.rpartition(".")
        # A method is used through an object, which the module may name by its class only.
        if not {name, owner} & used(module):
            wrong.append(f"{module} does not use {function}")
    assert wrong == []


def test_the_tables_list_every_layer_in_order() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]", TEXT, re.MULTILINE)
    chat = [part for part in CHAT if part not in {"admin", "apps", "management"}]
    assert rows == [*PACKAGES, *chat]


WHERE = (ROOT / "docs/where-is-what.md").read_text(encoding="utf-8")
_NAMED_IN = re.compile(
    r"((?:`[\w.]+`(?:, | and )?)+) (?:in|of) \[`[^`]+`\]\(\.\./reference_app/([\w/]+\.py)\)"
)


def names_of(module: str) -> set[str]:
    """Return all names that a module of ``reference_app`` defines, methods with their class."""
    assigned = set()
    for node in ast.parse((ROOT / "reference_app" / module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            assigned.add(node.name)
            inner = [one for one in node.body if isinstance(one, ast.ClassDef)]
            assigned |= {f"{node.name}.{one.name}" for one in inner}
        elif isinstance(node, ast.Assign):
            assigned |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return assigned | defined(module)


def test_what_where_is_what_names_is_in_the_module_that_it_links() -> None:
    found = [
        (module, name)
        for names, module in _NAMED_IN.findall(WHERE)
        for name in re.findall(r"`([\w.]+)`", names)
    ]
    assert len(found) > 10
    assert [one for one in found if one[1] not in names_of(one[0])] == []
