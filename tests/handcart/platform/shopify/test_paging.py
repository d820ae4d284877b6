from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from handcart.errors import PlatformError
from handcart.platform.shopify.paging import pages


class Admin:
    """Gives the answers in turn and keeps what it was asked."""

    shop = "juniper-tea.myshopify.com"

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        self.asked.append(dict(variables or {}))
        return self.answers.pop(0)


def page(*ids: int, after: str | None = None, more: bool = False) -> dict[str, Any]:
    connection = {
        "nodes": [{"id": number} for number in ids],
        "pageInfo": {"hasNextPage": more, "endCursor": after},
    }
    return {"shop": {"orders": connection}}


PATH = ("shop", "orders")


def test_every_node_of_every_page_comes_in_order() -> None:
    admin = Admin(page(1, 2, after="b", more=True), page(3, after="c", more=True), page())
    assert [node["id"] for node in pages(admin, "…", PATH, query="x")] == [1, 2, 3]
    assert admin.asked == [
        {"query": "x", "after": None},
        {"query": "x", "after": "b"},
        {"query": "x", "after": "c"},
    ]


def test_a_page_is_asked_for_when_it_is_needed() -> None:
    admin = Admin(page(1, 2, after="b", more=True), page(3))
    found = pages(admin, "…", PATH)
    assert [next(found)["id"], next(found)["id"]] == [1, 2]
    assert len(admin.asked) == 1
    assert next(found)["id"] == 3


@pytest.mark.parametrize("answer", [{"shop": None}, {"shop": {"orders": None}}])
def test_a_connection_that_is_not_there_has_no_nodes(answer: dict[str, Any]) -> None:
    assert list(pages(Admin(answer), "…", PATH)) == []


@pytest.mark.parametrize("cursor", [None, "", "b"])
def test_a_page_that_leads_to_itself_is_an_error_and_no_endless_loop(cursor: str | None) -> None:
    admin = Admin(page(1, after="b", more=True), page(2, after=cursor, more=True))
    with pytest.raises(PlatformError) as failed:
        list(pages(admin, "…", PATH))
    assert failed.value.code == "page_without_end"
