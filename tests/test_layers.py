"""The packages of the application are layers: imports go down, and never in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference_app.runtime.environment import ROOT

PACKAGES = (
    "serving",
    "config",
    "web",
    "releases",
    "api",
    "chat",
    "accounts",
    "runtime",
    "protocol",
)
"""The packages of ``reference_app``, from the top to the bottom."""

CHAT = (
    "admin",
    "management",
    "apps",
    "sockets",
    "services",
    "message_writer",
    "queries",
    "store",
    "files",
    "records",
    "fanout",
    "models",
)
"""The parts of ``reference_app.chat``, from the top to the bottom."""

WRITING = {"chat.store", "chat.models", "chat.message_writer", "chat.fanout.publish"}
"""What changes the chat: endpoints reach it through ``chat.services`` only."""


def modules(folder: Path) -> Iterator[Path]:
    """Yield the modules of a folder; migrations are not part of a layer."""
    return (path for path in folder.rglob("*.py") if "migrations" not in path.parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the modules of ``reference_app`` that a module imports, without that prefix."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # Each imported name may be a module of the package.
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("reference_app."):
                yield name.removeprefix("reference_app.")


def upward_imports(folder: Path, prefix: str, layers: tuple[str, ...]) -> list[str]:
    """Return the imports between the layers of a folder that do not go down."""
    wrong = []
    for path in modules(folder):
        parts = path.relative_to(folder).parts
        layer = Path(parts[0]).stem
        if layer == "__init__":
            continue
        assert layer in layers, f"{path} is in no layer: name it in tests/test_layers.py"
        for name in imports(path):
            if not name.startswith(prefix):
                continue
            other = name.removeprefix(prefix).split(".")[0]
            if other in layers and layers.index(other) < layers.index(layer):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    return wrong


@pytest.mark.parametrize(
    ("folder", "prefix", "layers"), [("", "", PACKAGES), ("chat", "chat.", CHAT)]
)
def test_imports_go_down(folder: str, prefix: str, layers: tuple[str, ...]) -> None:
    assert upward_imports(ROOT / "reference_app" / folder, prefix, layers) == []


def test_an_import_that_goes_up_is_found(tmp_path: Path) -> None:
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime/logs.py").write_text("from reference_app.chat import services\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(upward_imports.__globals__, "ROOT", tmp_path)
        found = upward_imports(tmp_path, "", PACKAGES)
    assert found == ["runtime/logs.py imports chat.services"]


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_of_a_package_do_not_import_each_other_in_a_circle(package: str) -> None:
    graph = {
        dotted(path): set(imported_modules(path))
        for path in modules(ROOT / "reference_app" / package)
    }
    assert circle(graph) == []


def dotted(path: Path) -> str:
    """Return a module's name without ``reference_app``."""
    name = ".".join(path.relative_to(ROOT / "reference_app").with_suffix("").parts)
    return name.removesuffix(".__init__")


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the modules that a module imports while it is loaded."""
    top_level = ast.Module(ast.parse(path.read_text(encoding="utf-8")).body, type_ignores=[])
    for node in top_level.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            module = node.module.removeprefix("reference_app.")
            for alias in node.names:
                inner = ROOT / "reference_app" / f"{module}.{alias.name}".replace(".", "/")
                is_module = inner.with_suffix(".py").exists() or inner.is_dir()
                yield f"{module}.{alias.name}" if is_module else module


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of a circle of imports, or nothing."""
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> list[str]:
        if name in way:
            return way[way.index(name) :]
        if name in done or name not in graph:
            return []
        for other in sorted(graph[name]):
            if found := visit(other, [*way, name]):
                return found
        done.add(name)
        return []

    for name in sorted(graph):
        if found := visit(name, []):
            return found
    return []


@pytest.mark.parametrize("package", ["api", "chat/sockets"])
def test_endpoints_change_the_chat_through_its_services_only(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(ROOT / "reference_app" / package)
        for name in imports(path)
        if any(f"{name}.".startswith(f"{writing}.") for writing in WRITING)
    ]
    assert found == []


ON_THE_WAY = ("protocol/client_frames.py", "chat/sockets", "chat/services.py", "chat/store",
              "chat/message_writer.py", "chat/fanout", "api")  # fmt: skip
"""Where a message passes between its frame and the sockets of its readers."""


def test_no_function_on_the_way_of_a_message_has_more_than_five_parameters() -> None:
    found = []
    for part in ON_THE_WAY:
        place = ROOT / "reference_app" / part
        for path in [place] if place.is_file() else modules(place):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                    taken = [one.arg for one in named if one.arg not in {"self", "cls"}]
                    if len(taken) > 5:
                        found.append(f"{path.relative_to(ROOT)}: {node.name}({', '.join(taken)})")
    assert found == []
