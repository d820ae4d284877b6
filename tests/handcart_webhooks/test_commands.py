from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner, Result

from handcart import Handcart
from handcart.cli import main
from handcart.storage import add_task, caused_by

from .conftest import SHOP, Client, Clock
from .draining import drain

OTHER = "other.myshopify.com"
Run = Callable[..., Result]


@pytest.fixture
def run(
    installed: Handcart, clock: Clock, monkeypatch: pytest.MonkeyPatch, settings: object
) -> Run:
    """``handcart …`` on a second opening of the same database, as beside a serving process."""
    module = ModuleType("shop_app")
    module.app = lambda: Handcart(installed.settings, clock=clock)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop_app", module)

    def invoke(command: str, *arguments: str) -> Result:
        return CliRunner().invoke(main, [command, *arguments], catch_exceptions=False)

    return invoke


def rest(app: Handcart, client: Client) -> None:
    client.post("themes/publish", {"id": 1}, Webhook_Id="t1")
    client.post("carts/update", {"id": "c1", "email": "mina@example.com"}, Webhook_Id="c1")
    client.post("themes/publish", {"id": 1}, Webhook_Id="t1", Shop_Domain=OTHER)
    drain(app)


def test_deliveries_are_a_table_with_the_lag(
    installed: Handcart, client: Client, run: Run, clock: Clock
) -> None:
    rest(installed, client)
    client.post("carts/update", {"id": "c2"})
    clock.advance(seconds=5)
    done = run("deliveries", "shop_app", "--shop", SHOP)
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "shop                       what            waiting  dead  done today  lag",
        "juniper-tea.myshopify.com  carts/update          1     1           0  5 s",
        "juniper-tea.myshopify.com  themes/publish        0     1           0",
    ]


def test_deliveries_check_fails_only_when_something_rests_too_long(
    installed: Handcart, client: Client, run: Run, clock: Clock
) -> None:
    rest(installed, client)
    assert run("deliveries", "shop_app", "--check").exit_code == 0
    clock.advance(hours=1)
    assert run("deliveries", "shop_app", "--check").exit_code == 1
    assert run("deliveries", "shop_app").exit_code == 0


def test_deliveries_for_programs(installed: Handcart, client: Client, run: Run) -> None:
    rest(installed, client)
    told = json.loads(run("deliveries", "shop_app", "--json").stdout)
    assert list(told) == [SHOP, OTHER]
    assert told[OTHER]["deliveries"] == [
        {"name": "themes/publish", "waiting": 0, "dead": 1, "done": 0, "waiting_since": None}
    ]


def test_a_trace_is_told_from_receipt_to_end(installed: Handcart, client: Client, run: Run) -> None:
    rest(installed, client)
    done = run("trace", "c1", "shop_app")
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[0] == f"carts/update  c1  {SHOP}"
    assert lines[2] == "  received   2026-11-23 09:00:00.000+00:00, 38 bytes, about carts:‹text›"
    assert lines[3].startswith("  dead       2026-11-23 09:00:00.000+00:00, payload_invalid: ")
    assert lines[4:] == ["  nothing came of it"]
    assert "mina" not in done.output


def test_a_trace_of_what_came_of_it(installed: Handcart, client: Client, run: Run) -> None:
    level = {
        "inventory_item_id": 11,
        "location_id": 21,
        "available": 3,
        "updated_at": "2026-11-23T10:00:00+02:00",
    }
    client.post("inventory_levels/update", level, Webhook_Id="w1")
    drain(installed)
    lines = run("trace", "w1", "shop_app").output.splitlines()
    assert lines[3:] == [
        "  done       2026-11-23 09:00:00.000+00:00, attempt 1",
        "  event      StockChanged (event:level:11:21)",
        "    done       2026-11-23 09:00:00.000+00:00, attempt 1",
    ]


def test_a_task_for_later_says_when_and_has_no_lag(
    installed: Handcart, client: Client, run: Run, clock: Clock
) -> None:
    client.post("collections/update", {"id": 5}, Webhook_Id="w1")
    due = clock() + timedelta(minutes=1)
    with installed.db.writing() as work, caused_by("w1"):
        add_task(work, SHOP, "find_pickups", {}, at=clock(), kind="job", due_at=due)
    lines = run("trace", "w1", "shop_app").output.splitlines()
    assert lines[3] == "  waiting    due 2026-11-23 09:00:00.000+00:00"
    assert lines[5] == "    waiting    due 2026-11-23 09:01:00.000+00:00"
    counted = run("deliveries", "shop_app").output.splitlines()
    assert [line.split()[1:] for line in counted[1:]] == [
        ["collections/update", "1", "0", "0", "0", "s"],
        ["find_pickups", "1", "0", "0"],
    ]


def test_a_trace_that_two_shops_have_names_both(
    installed: Handcart, client: Client, run: Run
) -> None:
    rest(installed, client)
    told = json.loads(run("trace", "t1", "shop_app", "--json").stdout)
    assert [(one["shop"], one["payload"]) for one in told] == [
        (SHOP, {"id": 1}),
        (OTHER, {"id": 1}),
    ]


def test_an_id_that_nobody_sent_exits_with_1(run: Run) -> None:
    done = run("trace", "w1", "shop_app")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "no delivery w1\n")


def test_replay_says_how_many_in_which_shop(installed: Handcart, client: Client, run: Run) -> None:
    rest(installed, client)
    done = run("replay", "shop_app", "--topic", "themes/publish")
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "shop                       released",
        "juniper-tea.myshopify.com         1",
        "other.myshopify.com               1",
    ]
    again = run("replay", "shop_app", "--topic", "themes/publish")
    assert again.exit_code == 1
    only = run("replay", "shop_app", "--all", "--shop", SHOP, "--json")
    assert json.loads(only.stdout) == {SHOP: 1}


@pytest.mark.parametrize(
    "arguments", [[], ["--done"], ["--done", "--all"], ["--done", "--reason", "x"]]
)
def test_replay_wants_to_know_which(
    installed: Handcart, client: Client, run: Run, arguments: list[str]
) -> None:
    rest(installed, client)
    assert run("replay", "shop_app", *arguments).exit_code == 2
    assert run("replay", "shop_app", "--all").exit_code == 0


DOCS = Path(__file__).parents[2] / "docs"


def test_the_docs_name_only_what_the_commands_have() -> None:
    lines = [
        line
        for page in DOCS.rglob("*.md")
        for line in page.read_text().splitlines()
        if line.startswith(("handcart trace", "handcart replay", "handcart deliveries"))
    ]
    assert len(lines) >= 8
    for line in lines:
        _, name, *rest = line.partition(" #")[0].split()
        command = main.get_command(click.Context(main), name)
        assert command is not None
        known = {option for each in command.params for option in each.opts}
        assert {part for part in rest if part.startswith("--")} - known == set(), line
