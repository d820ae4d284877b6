"""The docs are part of the product: what they show runs, what they name is there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from handcart import errors, events
from handcart.pickups import State
from handcart.settings import Settings
from handcart_webhooks.handlers import HANDLERS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FILE = re.compile(r'^```(\w+) title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def files(page: Path) -> dict[str, str]:
    """The files that a page shows: blocks with a title."""
    return {title: body for _, title, body in FILE.findall(page.read_text())}


def python_blocks() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for block in re.findall(r"^```python[^\n]*\n(.*?)^```", page.read_text(), re.M | re.S):
            yield page, block


@pytest.mark.server
def test_the_tutorial_runs_as_it_is_written(tmp_path: Path) -> None:
    for name, body in files(ROOT / "docs" / "tutorial.md").items():
        (tmp_path / name).write_text(body)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_readme_is_short_and_its_app_starts(settings: Settings) -> None:
    readme = ROOT / "README.md"
    assert len(readme.read_text().splitlines()) < 200
    scope: dict[str, object] = {"__name__": "readme"}
    exec(compile(files(readme)["app.py"], "README.md", "exec"), scope)
    app = scope["create"](settings)  # type: ignore[operator]
    assert [one.name for one in app.subscribers("PickupReady")]
    assert set(app.webhooks) == {"products/update"}
    app.close()


@pytest.mark.parametrize(
    ("page", "block"), list(python_blocks()), ids=lambda value: getattr(value, "name", "")
)
def test_every_python_block_is_python(page: Path, block: str) -> None:
    ast.parse(block, filename=str(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_is_linked_by_its_name_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+\.py)#([^)\s]+)\)", page.read_text())
    assert [f"{path}#{name}" for path, name in links if name not in names_in(page, path)] == []


def names_in(page: Path, path: str) -> set[str]:
    return set(re.findall(r"^ *def (test_\w+)", (page.parent / path).read_text(), re.M))


def test_each_complaint_about_carts_is_listed_with_its_test() -> None:
    path = ROOT / "tests" / "handcart" / "carts" / "test_complaints.py"
    tests = [one for one in ast.parse(path.read_text()).body if isinstance(one, ast.FunctionDef)]
    listed = {
        name: set(re.findall(r"(?:#|PR )\d+", row))
        for row in reference("carts").splitlines()
        for name in re.findall(r"test_complaints\.py#(\w+)\) \|$", row)
        if not row.startswith("| Logout")
    }
    named = {
        one.name: set(re.findall(r"(?:#|PR )\d+", ast.get_docstring(one) or ""))
        for one in tests
        if one.name.startswith("test_")
    }
    assert {name: threads - listed.get(name, set()) for name, threads in named.items()} == {
        name: set() for name in listed
    }


@pytest.mark.parametrize(("page", "count"), [("carts", 14), ("pickups", 13)])
def test_each_cell_of_ours_beside_others_is_linked_to_one_test(page: str, count: int) -> None:
    table = reference(page).partition("## Beside other")[2].partition("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ")][1:]
    ours = [row.removesuffix(" |").rpartition(" | ")[2] for row in rows]
    assert len(ours) == count
    assert [cell for cell in ours if ".py#test_" not in cell or ".py)" in cell] == []


def test_each_cell_of_ours_beside_others_stock_is_linked_to_one_test() -> None:
    (row,) = [row for row in reference("stock").splitlines() if row.startswith("| **Handcart**")]
    cells = row.strip("| ").split(" | ")[1:]
    assert [cell.count(".py#test_") for cell in cells] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("pickups", "pickups/test_complaints_at_the_counter.py"),
        ("pickups", "pickups/test_what_shoppers_complained_of.py"),
        ("stock", "stock/test_complaints.py"),
    ],
)
def test_each_complaint_about_pickups_and_stock_is_listed_with_its_test(
    page: str, path: str
) -> None:
    text = reference("pickups") + reference(page)
    table = "".join(row for row in text.splitlines() if row.endswith(") |"))
    listed = set(re.findall(rf"{path}#(\w+)\)", table))
    assert listed == names_in(ROOT / "README.md", f"tests/handcart/{path}")


def reference(name: str) -> str:
    return (ROOT / "docs" / "reference" / f"{name}.md").read_text()


def test_every_setting_is_documented() -> None:
    source = (ROOT / "sdk" / "handcart" / "settings.py").read_text()
    names = set(re.findall(r'"((?:HANDCART|SHOPIFY)_[A-Z_]+)"', source))
    assert {name for name in names if f"`{name}`" not in reference("settings")} == set()


def test_every_topic_that_is_handled_is_documented_and_subscribed() -> None:
    assert {topic for topic in HANDLERS if f"`{topic}`" not in reference("topics")} == set()
    toml = tomllib.loads((ROOT / "example_app" / "shopify.app.toml").read_text())
    subscribed = {
        topic
        for entry in toml["webhooks"]["subscriptions"]
        for topic in (*entry.get("topics", ()), *entry.get("compliance_topics", ()))
    }
    assert subscribed == set(HANDLERS)


def test_every_fact_is_documented_with_its_fields() -> None:
    text = reference("facts")
    for fact in events.Event.__subclasses__():
        assert f"### {fact.__name__}" in text
        section = text.partition(f"### {fact.__name__}\n")[2].partition("\n### ")[0]
        assert {name for name in fact.__annotations__ if f"`{name}`" not in section} == set()


def test_every_kind_of_error_is_documented() -> None:
    kinds = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.HandcartError)
    ]
    assert [name for name in kinds if f"`{name}`" not in reference("errors")] == []


def test_every_code_that_can_be_raised_is_documented() -> None:
    known = set(re.findall(r"`([a-z0-9_]+)`", reference("errors") + reference("verification")))
    assert {code for code in raised_codes() if code not in known} == set()


def raised_codes() -> Iterator[str]:
    """The first argument of every error that the shipped code raises, where it is written out."""
    kinds = {name for name in vars(errors) if name[0].isupper()}
    for root in ("sdk/handcart", "webhooks/handcart_webhooks"):
        for path in (ROOT / root).rglob("*.py"):
            if "localshop" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds | {
                    "Refusal"
                }:
                    texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
                    yield from (text for text in texts[:2] if _is_code(text))


def _is_code(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", text))


def test_the_newest_change_is_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    heads = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert heads[:2] == ["Unreleased", version]


def test_the_docs_name_no_path_of_anybodys_machine() -> None:
    wrong = [
        str(page.relative_to(ROOT))
        for page in PAGES
        if re.search(r"/(home|root|Users|tmp)/\w", page.read_text())
    ]
    assert wrong == []


def test_every_state_of_a_pickup_is_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    words = [state.value.replace("_", " ") for state in State]
    assert [word for word in words if f"| **{word}** |" not in glossary] == []


def test_decisions_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
