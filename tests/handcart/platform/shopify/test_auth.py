from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests
import responses

from handcart.errors import BadInput, NotVerified, PlatformError, TokenRefused
from handcart.platform.shopify.auth import Auth
from handcart.settings import Settings

SHOP = "juniper-tea.myshopify.com"
URL = f"https://{SHOP}/admin/oauth/access_token"
PAIR = {
    "access_token": "shpat_1",
    "scope": "read_orders",
    "expires_in": 3600,
    "refresh_token": "shprt_1",
    "refresh_token_expires_in": 7776000,
}


@pytest.fixture
def platform() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        yield mock


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def auth(settings: Settings, slept: list[float]) -> Iterator[Auth]:
    with requests.Session() as session:
        yield Auth(settings, session, sleep=slept.append)


def sent(platform: responses.RequestsMock, call: int = 0) -> dict[str, str]:
    return json.loads(platform.calls[call].request.body)  # type: ignore[no-any-return]


def test_an_id_token_is_exchanged_for_an_expiring_offline_pair(
    platform: responses.RequestsMock, auth: Auth, settings: Settings, at: datetime
) -> None:
    platform.post(URL, json=PAIR)
    tokens = auth.exchange(SHOP, "an id token", at=at)
    assert sent(platform) == {
        "client_id": settings.api_key,
        "client_secret": settings.api_secret,
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": "an id token",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "expiring": "1",
    }
    assert (tokens.access_token, tokens.refresh_token) == ("shpat_1", "shprt_1")
    assert tokens.scopes == "read_orders"
    assert tokens.expires_at == at + timedelta(hours=1)
    assert tokens.refresh_expires_at == at + timedelta(days=90)


def test_a_refresh_token_is_exchanged_for_the_next_pair(
    platform: responses.RequestsMock, auth: Auth, settings: Settings, at: datetime
) -> None:
    platform.post(URL, json=PAIR)
    assert auth.refresh(SHOP, "shprt_0", at=at).refresh_token == "shprt_1"
    assert sent(platform) == {
        "client_id": settings.api_key,
        "client_secret": settings.api_secret,
        "grant_type": "refresh_token",
        "refresh_token": "shprt_0",
    }


def test_a_refresh_answer_without_expires_in_is_taken_for_an_hour(
    platform: responses.RequestsMock, auth: Auth, at: datetime
) -> None:
    platform.post(URL, json={"access_token": "shpat_1", "refresh_token": "shprt_1"})
    tokens = auth.refresh(SHOP, "shprt_0", at=at)
    assert tokens.expires_at == at + timedelta(hours=1)
    assert tokens.refresh_expires_at is None


def test_a_token_without_expires_in_and_without_a_refresh_token_is_permanent(
    platform: responses.RequestsMock, auth: Auth, at: datetime
) -> None:
    platform.post(URL, json={"access_token": "shpat_1", "scope": "read_orders"})
    tokens = auth.exchange(SHOP, "an id token", at=at)
    assert (tokens.expires_at, tokens.refresh_token) == (None, None)


@pytest.mark.parametrize("nonsense", ["3600", True, None, -1, 0, 10**12, [], 1e30])
def test_an_expires_in_that_cannot_be_is_as_good_as_none(
    platform: responses.RequestsMock, auth: Auth, at: datetime, nonsense: object
) -> None:
    platform.post(URL, json={**PAIR, "expires_in": nonsense})
    assert auth.refresh(SHOP, "shprt_0", at=at).expires_at == at + timedelta(hours=1)


@pytest.mark.parametrize("error", ["invalid_request", "invalid_grant"])
@pytest.mark.parametrize("status", [400, 401])
def test_both_names_of_a_dead_refresh_token_end_it_at_once(
    platform: responses.RequestsMock,
    auth: Auth,
    at: datetime,
    slept: list[float],
    error: str,
    status: int,
) -> None:
    platform.post(URL, json={"error": error}, status=status)
    with pytest.raises(TokenRefused):
        auth.refresh(SHOP, "shprt_0", at=at)
    assert slept == []


def test_a_refused_id_token_is_not_verified(
    platform: responses.RequestsMock, auth: Auth, at: datetime
) -> None:
    platform.post(URL, json={"error": "invalid_subject_token"}, status=400)
    with pytest.raises(NotVerified) as refused:
        auth.exchange(SHOP, "an id token", at=at)
    assert refused.value.code == "invalid_subject_token"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"error":"invalid_client"}', 401, "client_refused"),
        ('{"error":"shop_not_permitted"}', 400, "tokens_refused"),
        ("<html>", 404, "tokens_refused"),
        ("<html>", 302, "tokens_refused"),
        ("[]", 400, "tokens_refused"),
        ("<html>", 200, "tokens_malformed"),
        ("{}", 200, "tokens_malformed"),
        ('{"access_token":""}', 200, "tokens_malformed"),
        ('{"access_token":7}', 200, "tokens_malformed"),
        ("null", 200, "tokens_malformed"),
    ],
)
def test_our_own_mistakes_and_torn_answers_do_not_condemn_the_token(
    platform: responses.RequestsMock, auth: Auth, at: datetime, body: str, status: int, code: str
) -> None:
    platform.post(URL, body=body, status=status, headers={"Location": "https://evil.com/"})
    with pytest.raises(PlatformError) as refused:
        auth.refresh(SHOP, "shprt_0", at=at)
    assert refused.value.code == code
    assert not isinstance(refused.value, TokenRefused)
    assert len(platform.calls) == 1


def test_429_5xx_and_timeouts_are_tried_again_with_the_same_refresh_token(
    platform: responses.RequestsMock, auth: Auth, at: datetime, slept: list[float]
) -> None:
    platform.post(URL, status=429, headers={"retry-after": "2.0"})
    platform.post(URL, body=requests.ReadTimeout())
    platform.post(URL, json=PAIR)
    assert auth.refresh(SHOP, "shprt_0", at=at).refresh_token == "shprt_1"
    assert [sent(platform, n)["refresh_token"] for n in range(3)] == ["shprt_0"] * 3
    assert len(slept) == 2
    assert slept[0] >= 2.0


def test_it_gives_up_after_a_few_tries(
    platform: responses.RequestsMock, auth: Auth, at: datetime
) -> None:
    platform.post(URL, status=503)
    with pytest.raises(PlatformError) as refused:
        auth.refresh(SHOP, "shprt_0", at=at)
    assert refused.value.code == "tokens_unavailable"
    assert len(platform.calls) == 3


@pytest.mark.parametrize("shop", ["evil.com", "a.myshopify.com.evil.com", "A.myshopify.com", ""])
def test_the_client_secret_is_sent_to_shops_only(auth: Auth, at: datetime, shop: str) -> None:
    with pytest.raises(BadInput):
        auth.exchange(shop, "an id token", at=at)


def test_tokens_do_not_show_themselves(
    platform: responses.RequestsMock, auth: Auth, at: datetime
) -> None:
    platform.post(URL, json=PAIR)
    assert "shp" not in repr(auth.exchange(SHOP, "an id token", at=at))
