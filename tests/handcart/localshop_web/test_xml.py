"""A subscription that asks for XML is sent XML, signed like any other."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.localshop import admin_api, tokens
from handcart.localshop.as_xml import as_xml
from handcart.localshop.server import LocalShop
from tests.handcart.localshop_web.listening import Receiver

SUBSCRIBE = """
mutation ($webhookSubscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: COLLECTIONS_UPDATE, webhookSubscription: $webhookSubscription) {
    webhookSubscription { format } userErrors { field message }
  }
}
"""
NEVER = "\ufffe\uffff"
COLLECTION = {
    "id": 5,
    "title": "Чай & <mugs>\x00",
    "published_at": None,
    "ratio": 0.5,
    "disjunctive": False,
    "rules": [{"column": "tag", "sort_order": 1}],
    "image": {"alt_text": ""},
}
AS_XML = """<?xml version="1.0" encoding="UTF-8"?>
<collection><id type="integer">5</id><title>Чай &amp; &lt;mugs&gt;</title>\
<published-at nil="true" /><ratio type="float">0.5</ratio>\
<disjunctive type="boolean">false</disjunctive>\
<rules type="array"><rule><column>tag</column><sort-order type="integer">1</sort-order></rule>\
</rules><image><alt-text /></image></collection>
"""


def subscribe(shop: LocalShop, **given: Any) -> str:
    asked = {
        "client_id": shop.app.client_id,
        "client_secret": shop.app.client_secret,
        "grant_type": "client_credentials",
    }
    _, granted = tokens.token_endpoint(shop.world, asked)
    body = {
        "query": SUBSCRIBE,
        "variables": {"webhookSubscription": {"uri": f"{shop.app.app_url}/webhooks", **given}},
    }
    _, payload, _ = admin_api.execute(shop.world, token=granted["access_token"], body=body)
    answer = payload["data"]["webhookSubscriptionCreate"]
    assert answer["userErrors"] == []
    return str(answer["webhookSubscription"]["format"])


def test_who_asks_for_xml_gets_xml_and_others_json(shop: LocalShop, receiver: Receiver) -> None:
    assert subscribe(shop, format="XML") == "XML"
    assert subscribe(shop, filter="id:5") == "JSON"
    with shop.world.action():
        shop.world.emit("collections/update", COLLECTION)
    assert shop.deliveries.flush(20)
    kinds = {got.headers["Content-Type"]: got for got in receiver.got}
    assert sorted(kinds) == ["application/json", "application/xml"]
    assert kinds["application/xml"].body.decode() == AS_XML
    assert kinds["application/json"].json["id"] == 5
    assert all(got.is_signed(shop.app.client_secret) for got in receiver.got)


def test_only_the_fields_that_were_asked_for_are_in_it(shop: LocalShop, receiver: Receiver) -> None:
    subscribe(shop, format="XML", includeFields=["id"])
    with shop.world.action():
        shop.world.emit("collections/update", COLLECTION)
    assert shop.deliveries.flush(20)
    [got] = receiver.got
    assert got.body.endswith(b'<collection><id type="integer">5</id></collection>\n')


@pytest.mark.parametrize(
    ("topic", "root"),
    [
        ("orders/create", "order"),
        ("inventory_levels/update", "inventory-level"),
        ("companies/update", "company"),
        ("app/uninstalled", "shop"),
        ("order_transactions/create", "order-transaction"),
    ],
)
def test_the_whole_is_named_after_one_of_its_topics_things(topic: str, root: str) -> None:
    assert ElementTree.fromstring(as_xml(topic, {"id": 1})).tag == root


@given(st.text())
def test_whatever_text_there_is_can_be_read_again(text: str) -> None:
    kept = "".join(each for each in text if each in "\t\n\r" or (each >= " " and each not in NEVER))
    title = ElementTree.fromstring(as_xml("products/update", {"title": text})).findtext("title")
    assert title == kept.replace("\r\n", "\n").replace("\r", "\n")
