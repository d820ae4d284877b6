from __future__ import annotations

import pytest

from handcart.localshop.selection import FilterUnclear, fields_of, matches, picked, reading

ORDER = {
    "id": 7,
    "total_price": "12.50",
    "status": "Open",
    "note": None,
    "line_items": [{"id": 1, "price": "3.00", "sku": "A"}, {"id": 2, "price": "9.50", "sku": "B"}],
}


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("", True),
        ("id:7", True),
        ("id:8", False),
        ("status:open", True),
        ("status:op*", True),
        ("total_price:>=12.5", True),
        ("total_price:>12.5", False),
        ("line_items.price:>9", True),
        ("line_items.price:>10", False),
        ("line_items.sku:A line_items.sku:B", True),
        ("id:8 OR status:open", True),
        ("id:7 AND NOT status:open", False),
        ("-id:8", True),
        ("(id:8 OR id:7) AND status:'open'", True),
        ("note:*", False),
        ("-note:*", True),
        ("missing.deep:1", False),
    ],
)
def test_a_filter_reads_the_body_as_search_syntax(text: str, passes: bool) -> None:
    assert matches(text, ORDER) is passes


@pytest.mark.parametrize("text", ["id", "id:7 AND", "(id:7", "id:7)", "OR id:7", "id:7 ??"])
def test_a_filter_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(FilterUnclear):
        reading(text)


def test_the_fields_of_a_filter_are_known() -> None:
    assert fields_of("id:7 AND (line_items.price:>1 OR -note:x)") == {
        "id",
        "line_items.price",
        "note",
    }


def test_only_the_named_fields_are_kept_also_inside_lists() -> None:
    assert picked(ORDER, ("id", "line_items.id", "nothing")) == {
        "id": 7,
        "line_items": [{"id": 1}, {"id": 2}],
    }
    assert picked(ORDER, ()) == ORDER
    assert picked(ORDER, ("line_items", "line_items.id"))["line_items"] == ORDER["line_items"]
