from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from types import ModuleType

import orjson
import pytest
from click.testing import CliRunner, Result

from handcart import Handcart, Settings
from handcart.cli import main
from handcart.compliance import service
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    def invoke(*arguments: str) -> Result:
        module = ModuleType("shop_app")
        module.app = lambda: Handcart(settings)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "shop_app", module)
        command = ["privacy", *arguments, "shop_app", "--shop", SHOP]
        return CliRunner().invoke(main, command, catch_exceptions=False)

    return invoke


@pytest.fixture
def asked(db: Database, at: datetime) -> None:
    with db.writing() as work:
        service.answer(work, SHOP, request_id="ask-1", customer_id=77, at=at)


def erase(db: Database, at: datetime) -> None:
    with db.writing() as work:
        service.erase_customer(work, SHOP, request_id="erase-1", customer_id=77, asked_at=at, at=at)


@pytest.mark.usefixtures("asked")
def test_exports_are_listed_and_printed_as_json_and_as_a_page(run: Run) -> None:
    listed = run("exports")
    assert (listed.exit_code, listed.output) == (0, "2026-11-23 09:00  customer 77  ask-1\n")
    assert orjson.loads(run("exports", "--json").output) == [
        {"request": "ask-1", "customer": 77, "asked_at": "2026-11-23T09:00:00+00:00"}
    ]
    content = {
        "households": {"households": []},
        "carts": {"carts": []},
        "pickups": {"orders": [], "pickups": []},
        "watches": {"watches": []},
        "shoppers": {"devices": []},
    }
    assert orjson.loads(run("export", "ask-1").output) == content
    page = run("export", "--html", "ask-1").output
    assert page.startswith("<!doctype html>")
    assert "<h1>Customer 77</h1>" in page


def test_an_export_that_is_not_there_is_said_with_status_1(run: Run) -> None:
    assert run("exports").output == "nobody has asked\n"
    missing = run("export", "ask-1")
    assert missing.exit_code == 1
    assert missing.stderr.startswith("export_unknown: ")


@pytest.mark.usefixtures("asked")
def test_receipts_are_told_and_found_by_the_customer_they_do_not_name(
    run: Run, db: Database, at: datetime
) -> None:
    assert run("receipts").exit_code == 1
    erase(db, at)
    told = run("receipts", "--customer", "77")
    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "2026-11-23 09:00  a customer, still being done",
        "    asked 2026-11-23 09:00, request erase-1",
        "    erased: 1 exports",
    ]
    assert "77" not in told.output
    assert run("receipts", "--customer", "78").exit_code == 1
    with db.writing() as work:
        service.bodies_emptied(work, SHOP, "erase-1", count=2, at=at)
    (receipt,) = orjson.loads(run("receipts", "--json").output)
    assert receipt["erased"] == {
        "households": 0,
        "carts": 0,
        "watches": 0,
        "devices": 0,
        "exports": 1,
        "deliveries": 2,
    }
    assert receipt["finished_at"] == "2026-11-23T09:00:00+00:00"
