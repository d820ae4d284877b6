from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from handcart import Delivery, Handcart, Settings
from handcart.errors import WiringError
from handcart.subscriptions.model import Held, Wanted, plan

URI = "https://app.example.com/webhooks"


@pytest.fixture
def app(settings: Settings) -> Iterator[Handcart]:
    app = Handcart(settings)
    yield app
    app.close()


def handler(delivery: Delivery) -> None: ...


def another(delivery: Delivery) -> None: ...


def test_terms_stand_next_to_the_handler_and_are_wanted_of_the_platform(app: Handcart) -> None:
    app.webhook("collections/update", filter="id:1", include_fields=["id", "title"])(handler)
    app.webhook("collections/delete")(handler)
    assert app.subscriptions.wanted({"collections/update", "collections/delete"}, uri=URI) == [
        Wanted("collections/delete", URI),
        Wanted("collections/update", URI, filter="id:1", include_fields=("id", "title")),
    ]


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({}, ("filter: none → id:1", "include_fields: none → id,title")),
        ({"filter": "id:2", "include_fields": ("title", "id")}, ("filter: id:2 → id:1",)),
        ({"filter": "id:1", "include_fields": ("id",)}, ("include_fields: id → id,title",)),
        (
            {"filter": "id:1", "include_fields": ("title", "id"), "format": "XML"},
            ("format: XML → JSON",),
        ),
    ],
)
def test_each_term_that_differs_in_a_shop_is_named(
    app: Handcart, held: dict[str, object], why: tuple[str, ...]
) -> None:
    app.webhook("collections/update", filter="id:1", include_fields=["id", "title"])(handler)
    (wanted,) = app.subscriptions.wanted(["collections/update"], uri=URI)
    there = Held("gid://1", wanted.name, wanted.topic, URI, **held)  # type: ignore[arg-type]
    assert [(one.kind, one.why) for one in plan([wanted], [there])] == [("update", why)]


def test_the_format_is_declared_and_compared(app: Handcart) -> None:
    app.webhook("collections/update", format="XML")(handler)
    (wanted,) = app.subscriptions.wanted(["collections/update"], uri=URI)
    assert wanted == Wanted("collections/update", URI, format="XML")
    there = Held("gid://1", wanted.name, wanted.topic, URI)
    assert [one.why for one in plan([wanted], [there])] == [("format: JSON → XML",)]
    assert plan([wanted], [replace(there, format="XML")])[0].kind == "keep"


def test_a_format_that_no_file_can_ask_for_is_each_shops(app: Handcart) -> None:
    app.webhook("collections/update", format="XML")(handler)
    app.webhook("collections/delete", filter="id:1")(handler)
    assert app.subscriptions.of_shops == {"collections/update"}
    assert set(app.subscriptions.special) == {"collections/delete"}


def test_a_format_that_the_platform_does_not_write_is_refused(app: Handcart) -> None:
    with pytest.raises(WiringError) as refused:
        app.webhook("collections/update", format="YAML")  # type: ignore[arg-type]
    assert refused.value.code == "format_unknown"


def test_two_handlers_of_a_topic_share_its_one_subscription(app: Handcart) -> None:
    app.webhook("collections/update", filter="id:1")(handler)
    app.webhook("collections/update", filter="id:1")(another)
    for other in ("", "id:2"):
        with pytest.raises(WiringError) as refused:
            app.webhook("collections/update", filter=other)
        assert refused.value.code == "subscription_twice"


def test_a_topic_that_handcart_handles_cannot_be_narrowed(app: Handcart) -> None:
    for terms in ({"filter": "id:1"}, {"include_fields": ["id"]}):
        with pytest.raises(WiringError) as refused:
            app.webhook("orders/create", **terms)  # type: ignore[arg-type]
        assert refused.value.code == "topic_is_handcarts"
    app.webhook("orders/create")(handler)
