from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError

from handcart.errors import (
    PartialAnswer,
    PlatformError,
    Throttled,
    TokenRefused,
    UserError,
    UserErrors,
)
from handcart.platform.port import Admin
from handcart.platform.shopify.admin import ShopifyAdmin, is_repeatable
from handcart.platform.shopify.retry import RetryPolicy
from tests.handcart.platform.shopify.ticking import Ticking

SHOP = "juniper-tea.myshopify.com"
URL = f"https://{SHOP}/admin/api/2026-10/graphql.json"
QUERY = "query Name { shop { name } }"
MUTATION = "mutation Cancel { orderCancel { orderCancelUserErrors { message } } }"
SAFE = 'mutation Set { inventorySetQuantities @idempotent(key: "1") { userErrors { message } } }'
GOOD = {"data": {"shop": {"name": "Juniper Tea"}}}
THROTTLED = {
    "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
    "extensions": {
        "cost": {
            "requestedQueryCost": 202,
            "actualQueryCost": None,
            "throttleStatus": {
                "maximumAvailable": 2000.0,
                "currentlyAvailable": 2,
                "restoreRate": 100.0,
            },
        }
    },
}

Make = Callable[..., ShopifyAdmin]


@pytest.fixture
def platform() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        yield mock


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def slept(clock: Ticking) -> list[float]:
    return clock.slept


@pytest.fixture
def make(clock: Ticking) -> Iterator[Make]:
    with requests.Session() as session:

        def admin(token: Callable[[], str] = lambda: "shpat_1", **more: Any) -> ShopifyAdmin:
            url = f"https://{SHOP}"
            more = {"sleep": clock.sleep, "now": clock.now, **more}
            return ShopifyAdmin(SHOP, url, token, "2026-10", session, **more)

        yield admin


def no_connection() -> requests.ConnectionError:
    reason = NewConnectionError(None, "refused")  # type: ignore[arg-type]
    return requests.ConnectionError(MaxRetryError(None, URL, reason))  # type: ignore[arg-type]


def test_a_document_is_sent_with_the_token_and_its_data_comes_back(
    platform: responses.RequestsMock, make: Make
) -> None:
    platform.post(URL, json=GOOD)
    admin: Admin = make()
    assert admin.execute(QUERY, {"a": 1}) == GOOD["data"]
    request = platform.calls[0].request
    assert request.headers["X-Shopify-Access-Token"] == "shpat_1"
    assert json.loads(request.body) == {"query": QUERY, "variables": {"a": 1}}  # type: ignore[arg-type]
    assert admin.shop == SHOP


def test_throttled_inside_a_200_waits_the_deficit_and_tries_again(
    platform: responses.RequestsMock, make: Make, slept: list[float]
) -> None:
    platform.post(URL, json=THROTTLED)
    platform.post(URL, json=GOOD)
    assert make().execute(QUERY) == GOOD["data"]
    assert 2.0 <= sum(slept) <= 2.5


def test_throttled_in_errors_beside_partial_data_is_tried_again_if_that_is_safe(
    platform: responses.RequestsMock, make: Make
) -> None:
    platform.post(URL, json={**THROTTLED, "data": {"shop": {"name": None}, "b": None}})
    platform.post(URL, json=GOOD)
    assert make().execute(QUERY) == GOOD["data"]


def test_a_mutation_that_was_throttled_half_way_is_not_sent_twice(
    platform: responses.RequestsMock, make: Make, slept: list[float]
) -> None:
    platform.post(URL, json={**THROTTLED, "data": {"orderCancel": {}, "b": None}})
    with pytest.raises(PlatformError) as failed:
        make().execute(MUTATION)
    assert failed.value.code == "throttled"
    assert slept == []


def test_a_bucket_that_stays_empty_ends_in_throttled_when_patience_does(
    platform: responses.RequestsMock, make: Make, slept: list[float]
) -> None:
    platform.post(URL, json=THROTTLED)
    with pytest.raises(Throttled) as failed:
        make(policy=RetryPolicy(patience=30)).execute(QUERY)
    assert failed.value.wait > 0
    assert 25 <= sum(slept) <= 30
    assert len(platform.calls) >= 10


def test_a_call_whose_turn_cannot_come_in_time_is_not_sent(
    platform: responses.RequestsMock, make: Make, slept: list[float]
) -> None:
    cost = {**THROTTLED["extensions"]["cost"], "actualQueryCost": 200}  # type: ignore[index]
    platform.post(URL, json={**GOOD, "extensions": {"cost": cost}})
    admin = make(policy=RetryPolicy(patience=1))
    admin.execute(QUERY)
    with pytest.raises(Throttled) as failed:
        admin.execute(QUERY)
    assert failed.value.wait == pytest.approx(2.0, abs=0.01)
    assert len(platform.calls) == 1
    assert slept == []


def test_what_a_document_cost_is_waited_for_before_it_is_sent_again(
    platform: responses.RequestsMock, make: Make, slept: list[float]
) -> None:
    cost = {**THROTTLED["extensions"]["cost"], "actualQueryCost": 200}  # type: ignore[index]
    platform.post(URL, json={**GOOD, "extensions": {"cost": cost}})
    admin = make()
    admin.execute(QUERY)
    assert slept == []
    admin.execute(QUERY)
    assert len(slept) == 1
    assert 1.9 <= slept[0] <= 2.1


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
@pytest.mark.parametrize("value", ["2", "2.0"])
def test_retry_after_is_waited_for_whatever_its_case_and_spelling(
    platform: responses.RequestsMock, make: Make, slept: list[float], name: str, value: str
) -> None:
    platform.post(URL, status=429, headers={name: value})
    platform.post(URL, json=GOOD)
    make().execute(MUTATION)
    assert len(slept) == 1
    assert 2.0 <= slept[0] <= 3.0


def test_without_retry_after_our_own_pause_is_waited(
    platform: responses.RequestsMock, make: Make, slept: list[float]
) -> None:
    platform.post(URL, status=429)
    platform.post(URL, json=GOOD)
    make().execute(QUERY)
    assert len(slept) == 1
    assert 0.25 <= slept[0] <= 0.5


@pytest.mark.parametrize("document", [QUERY, SAFE])
@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500},
        {"status": 503},
        {"body": requests.ReadTimeout()},
        {"body": requests.ConnectionError("reset")},
        {"body": '{"data":{"shop"'},
        {"body": ""},
    ],
    ids=str,
)
def test_a_lost_answer_is_asked_for_again_when_the_document_may_run_twice(
    platform: responses.RequestsMock, make: Make, document: str, trouble: dict[str, Any]
) -> None:
    platform.post(URL, **trouble)
    platform.post(URL, json=GOOD)
    assert make().execute(document) == GOOD["data"]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ({"status": 500}, "platform_error"),
        ({"body": requests.ReadTimeout()}, "no_answer"),
        ({"body": requests.ConnectionError("reset")}, "no_answer"),
        ({"body": '{"data":'}, "answer_malformed"),
    ],
)
def test_a_mutation_whose_answer_was_lost_is_not_sent_twice(
    platform: responses.RequestsMock,
    make: Make,
    slept: list[float],
    trouble: dict[str, Any],
    code: str,
) -> None:
    platform.post(URL, **trouble)
    with pytest.raises(PlatformError) as failed:
        make().execute(MUTATION)
    assert failed.value.code == code
    assert slept == []


@pytest.mark.parametrize("error", [requests.ConnectTimeout(), no_connection()], ids=repr)
def test_a_mutation_that_never_left_is_sent_again(
    platform: responses.RequestsMock, make: Make, error: Exception
) -> None:
    platform.post(URL, body=error)
    platform.post(URL, json=GOOD)
    assert make().execute(MUTATION) == GOOD["data"]


def test_user_errors_are_one_typed_error(platform: responses.RequestsMock, make: Make) -> None:
    errors = [
        {"field": ["orderId"], "message": "Order is cancelled", "code": "INVALID"},
        {"field": None, "message": "No"},
    ]
    platform.post(URL, json={"data": {"orderCancel": {"orderCancelUserErrors": errors}}})
    with pytest.raises(UserErrors) as failed:
        make().execute(MUTATION)
    assert failed.value.errors == (
        UserError(message="Order is cancelled", field=("orderId",), code="INVALID"),
        UserError(message="No"),
    )


def denied(*path: str) -> dict[str, Any]:
    return {"message": "denied", "path": list(path), "extensions": {"code": "ACCESS_DENIED"}}


def test_what_stays_visible_is_kept_when_a_nested_field_is_denied(
    platform: responses.RequestsMock, make: Make
) -> None:
    data = {"order": {"name": "#1", "customer": None}}
    platform.post(URL, json={"data": data, "errors": [denied("order", "customer")]})
    assert make().execute(QUERY) == data


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([denied("order")], "access_denied"),
        ([denied()], "access_denied"),
        ([{"message": "x", "extensions": {"code": "MAX_COST_EXCEEDED"}}], "max_cost_exceeded"),
        ([{"message": "x", "extensions": {"code": "undefinedField"}}], "undefinedfield"),
        ([{"message": "x", "path": ["order", "name"]}], "graphql_error"),
        ([{}], "graphql_error"),
    ],
)
def test_other_errors_in_a_200_are_platform_errors(
    platform: responses.RequestsMock, make: Make, errors: list[dict[str, Any]], code: str
) -> None:
    headers = {"X-Request-Id": "7d2f"}
    platform.post(URL, json={"data": {"order": None}, "errors": errors}, headers=headers)
    with pytest.raises(PlatformError) as failed:
        make().execute(QUERY)
    assert failed.value.code == code
    assert failed.value.request_id == "7d2f"


def test_what_came_beside_an_error_is_kept(platform: responses.RequestsMock, make: Make) -> None:
    data = {"shop": {"name": "Juniper Tea"}, "order": None}
    error = {"message": "gone wrong", "path": ["order"]}
    platform.post(URL, json={"data": data, "errors": [error]})
    with pytest.raises(PartialAnswer) as failed:
        make().execute(QUERY)
    assert failed.value.data == data
    assert (failed.value.code, str(failed.value)) == ("graphql_error", "gone wrong")


@pytest.mark.parametrize(
    ("status", "code"),
    [(402, "shop_frozen"), (403, "forbidden"), (404, "not_found"), (423, "shop_locked")]
    + [(400, "platform_error"), (302, "platform_error")],
)
def test_other_statuses_are_platform_errors_and_not_tried_again(
    platform: responses.RequestsMock, make: Make, slept: list[float], status: int, code: str
) -> None:
    headers = {"Location": "https://evil.com/"}
    platform.post(URL, status=status, json={"errors": "Not Found"}, headers=headers)
    with pytest.raises(PlatformError) as failed:
        make().execute(QUERY)
    assert failed.value.code == code
    assert slept == []


def test_a_refused_token_is_renewed_once(platform: responses.RequestsMock, make: Make) -> None:
    tokens, refused = ["shpat_1"], []

    def renew(token: str) -> None:
        refused.append(token)
        tokens[0] = "shpat_2"

    platform.post(URL, status=401, json={"errors": "[API] Invalid API key or access token"})
    platform.post(URL, json=GOOD)
    assert make(lambda: tokens[0], refused=renew).execute(MUTATION) == GOOD["data"]
    assert refused == ["shpat_1"]
    assert platform.calls[1].request.headers["X-Shopify-Access-Token"] == "shpat_2"


def test_a_token_that_stays_refused_ends_in_token_refused(
    platform: responses.RequestsMock, make: Make
) -> None:
    platform.post(URL, status=401)
    with pytest.raises(TokenRefused):
        make().execute(QUERY)
    assert len(platform.calls) == 1


def test_another_api_version_is_warned_of_once(
    platform: responses.RequestsMock, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    platform.post(URL, json=GOOD, headers={"X-Shopify-API-Version": "2027-01"})
    admin = make()
    with caplog.at_level(logging.WARNING):
        admin.execute(QUERY)
        admin.execute(QUERY)
    assert [record.getMessage() for record in caplog.records] == [
        f"{SHOP} answers with API version 2027-01, not 2026-10"
    ]


def test_the_log_has_the_request_id_and_neither_token_nor_content(
    platform: responses.RequestsMock, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    platform.post(URL, json=GOOD, headers={"x-request-id": "a-request-id"})
    with caplog.at_level(logging.DEBUG, logger="handcart"):
        make().execute(QUERY, {"secret": "shopper@example.com"})
    assert "a-request-id" in caplog.text
    assert "Name" in caplog.text
    for kept_out in ("shpat", "Juniper Tea", "shopper@example.com"):
        assert kept_out not in caplog.text


@pytest.mark.parametrize(
    ("document", "repeatable"),
    [
        (QUERY, True),
        ("{ shop { name } }", True),
        (MUTATION, False),
        (SAFE, True),
        ('mutation { a @idempotent(key: "1") { x } b { x } }', False),
        ("# a comment\n mutation { a { x } }", False),
        ("mutation M { ...F } fragment F on Mutation { a { x } }", False),
    ],
)
def test_a_document_may_run_twice_if_it_changes_nothing_or_is_marked_so(
    document: str, repeatable: bool
) -> None:
    assert is_repeatable(document) is repeatable
