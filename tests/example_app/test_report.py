from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from handcart import Handcart
from handcart.pickups import Pickup, service
from tests.example_app.conftest import HARBOUR, OLD_TOWN, SHOP

Place = Callable[..., Pickup]


def words(answer: Any) -> str:
    text = re.sub(r"<(script|svg|title)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.S)
    return " ".join(unescape(text).split())


@pytest.fixture
def morning(app: Handcart, place: Place, clock: Any) -> Place:
    """One order ready after twelve minutes, one that waits, one at the other store."""
    first = place(1001)
    place(1002)
    place(1003, location_id=OLD_TOWN)
    clock.pass_(minutes=12)
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, first.pickup_id, by="staff:1", at=clock.now)
    return place


def test_the_board_shows_how_every_store_stands(admin: Any, morning: Place) -> None:
    page = admin.open("/board")
    rows = re.findall(rf'<tr id="store-({HARBOUR}|{OLD_TOWN})">(.*?)</tr>', page.text, re.S)
    numbers = {
        store: re.findall(r"\d+", re.sub(r"<[^>]+>", " ", row.partition("</th>")[2]))
        for store, row in rows
    }
    assert numbers == {
        str(HARBOUR): ["1", "0", "0", "0", "1", "0", "0", "0"],
        str(OLD_TOWN): ["1", "0", "0", "0", "0", "0", "0", "0"],
    }


def test_the_board_costs_nothing_until_something_changes(admin: Any, morning: Place) -> None:
    first = admin.fetch("/board/now")
    tag = first.headers["ETag"]
    assert admin.fetch("/board/now", **{"If-None-Match": tag}).status_code == 304
    morning(1004)
    assert admin.fetch("/board/now", **{"If-None-Match": tag}).status_code == 200


def test_the_report_says_how_it_went_and_draws_it(admin: Any, morning: Place) -> None:
    page = admin.open("/report")
    assert "Orders 3 Ready after (half, nine in ten) 12 min 12 min" in words(page)
    assert page.text.count("<svg viewBox") == 3
    assert '<rect x="' in page.text
    one = admin.open("/report", store=str(OLD_TOWN))
    assert "Orders 1 Ready after (half, nine in ten) – –" in words(one)


def test_the_report_can_be_taken_away(admin: Any, morning: Place, at: Any) -> None:
    answer = admin.fetch("/report.csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="pickups-')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 30
    assert rows[-1]["day"] == at.date().isoformat()
    assert (rows[-1]["orders"], rows[-1]["ready_minutes_median"]) == ("3", "12.000")
    assert (rows[-2]["orders"], rows[-2]["ready_minutes_median"]) == ("0", "")


@pytest.mark.parametrize(
    "query", [{"from": "yesterday"}, {"from": "2026-11-02", "to": "2026-11-01"}]
)
def test_a_period_that_is_none_is_refused(query: dict[str, str], admin: Any) -> None:
    assert admin.open("/report", **query).status_code == 400
