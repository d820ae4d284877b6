"""The house rules, as tests: which way the arrows go, what is public, how long a function is."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = {
    "handcart": ROOT / "sdk" / "handcart",
    "handcart_webhooks": ROOT / "webhooks" / "handcart_webhooks",
    "example_app": ROOT / "example_app",
}
MAY_IMPORT = {
    "handcart": {"handcart"},
    "handcart_webhooks": {"handcart", "handcart_webhooks"},
    "example_app": {"handcart", "handcart_webhooks", "example_app"},
}
NO_I_O = {"flask", "requests", "sqlalchemy", "socket", "subprocess", "urllib3", "uvicorn"}
LONGEST_90TH = 30


@cache
def sources() -> list[tuple[str, Path, ast.Module]]:
    return [
        (layer, path, ast.parse(path.read_text()))
        for layer, folder in LAYERS.items()
        for path in sorted(folder.rglob("*.py"))
    ]


def imported(tree: ast.Module) -> Iterator[str]:
    """The absolute names a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def top(name: str) -> str:
    return name.partition(".")[0]


def test_every_arrow_between_the_layers_goes_one_way() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for layer, path, tree in sources()
        for name in imported(tree)
        if top(name) in LAYERS and top(name) not in MAY_IMPORT[layer]
    ]
    assert wrong == []


def test_nobody_imports_a_root_by_its_folder() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for _, path, tree in sources()
        for name in imported(tree)
        if top(name) in {"sdk", "webhooks"}
    ]
    assert wrong == []


def test_rules_do_no_input_or_output() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for _, path, tree in sources()
        if path.name == "model.py"
        for name in imported(tree)
        if top(name) in NO_I_O
    ]
    assert wrong == []


def test_flask_is_known_only_where_pages_and_doors_are() -> None:
    may = {"web", "pages", "localshop", "example_app", "app.py"}
    may |= {"status.py", "engine.py", "blueprint.py"}
    wrong = [
        str(path.relative_to(ROOT))
        for _, path, tree in sources()
        if "flask" in {top(name) for name in imported(tree)}
        and not may & set(path.relative_to(ROOT).parts)
    ]
    assert wrong == []


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    names = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert [str(path) for _, path, _ in sources() if path.name in names] == []


@pytest.mark.parametrize(
    "package",
    ["handcart", "handcart.storage", "handcart.testing", "handcart_webhooks"],
)
def test_public_names_are_listed_sorted_and_there(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__all__ == sorted(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def function_bodies() -> Iterator[tuple[int, str]]:
    """The length in lines of every function's body, its docstring left out."""
    for _, path, tree in sources():
        if "versions" in path.parts:
            continue  # a migration is a list
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body:
                    lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
                    yield lines, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def test_nine_functions_in_ten_have_at_most_thirty_lines() -> None:
    lengths = sorted(lines for lines, _ in function_bodies())
    assert lengths[int(len(lengths) * 0.9)] <= LONGEST_90TH


def test_no_function_is_longer_than_a_screen() -> None:
    assert [where for lines, where in function_bodies() if lines > 60] == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for _, path, tree in sources()
        if not ast.get_docstring(tree) and path.stat().st_size and "versions" not in path.parts
    ]
    assert silent == []


def test_secrets_are_never_compared_with_equals() -> None:
    """A digest or signature goes through hmac.compare_digest."""
    wrong = []
    for _, path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                if names & {"signature", "digest", "hmac"} and not _against_nothing(node):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


def _against_nothing(node: ast.Compare) -> bool:
    """Emptiness and lengths are no secrets."""
    other = node.comparators[0]
    return isinstance(other, ast.Constant) and (not other.value or isinstance(other.value, int))
