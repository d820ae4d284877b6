from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handcart.platform.shopify.verify import ShopperVerdict, verify_id_token, verify_shopper_token
from tests.handcart.platform.shopify.verify.tokens import API_KEY, SECRET, SHOP, claims, token

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
CUSTOMER = "gid://shopify/Customer/7"


def shopper(**other: Any) -> dict[str, Any]:
    """What a checkout extension's token says of a shopper who is signed in."""
    return claims(NOW, **{"iss": None, "sid": None, "dest": SHOP, "sub": CUSTOMER, **other})


def verify(text: str | bytes, **more: Any) -> ShopperVerdict:
    asked = {"api_key": API_KEY, "secrets": (SECRET,), "at": AT, **more}
    return verify_shopper_token(text, **asked)


def test_a_token_names_the_shop_and_the_customer_who_is_signed_in() -> None:
    verdict = verify(token(shopper()))
    assert (verdict.ok, verdict.reason, verdict.status) == (True, "ok", 200)
    assert (verdict.shop, verdict.customer_id) == (SHOP, 7)
    assert verdict.claims == shopper()


@pytest.mark.parametrize("sub", [None, ""])
def test_a_token_of_nobody_in_particular_is_accepted_and_names_nobody(sub: str | None) -> None:
    verdict = verify(token(shopper(sub=sub)))
    assert (verdict.ok, verdict.customer_id) == (True, None)


@pytest.mark.parametrize("dest", [SHOP, f"https://{SHOP}", SHOP.upper()])
def test_the_shop_may_be_a_bare_domain_or_an_address(dest: str) -> None:
    assert verify(token(shopper(dest=dest))).shop == SHOP


def test_an_issuer_is_not_needed_but_has_to_be_the_shop() -> None:
    assert verify(token(shopper(iss=f"https://{SHOP}"))).ok
    assert verify(token(shopper(iss=SHOP))).ok
    other = verify(token(shopper(iss="https://other.myshopify.com")))
    assert (other.ok, other.reason) == (False, "issuer_wrong")


def test_a_token_signed_with_the_secret_before_the_rotation_is_accepted() -> None:
    old = token(shopper(), secret="hush")
    assert verify(old, secrets=(SECRET, "hush")).ok
    assert verify(old).reason == "token_wrong"


def test_the_shop_named_beside_the_token_has_to_be_its_own() -> None:
    assert verify(token(shopper()), shop=SHOP.upper()).ok
    assert verify(token(shopper()), shop="other.myshopify.com").reason == "shop_not_of_token"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"exp": NOW - 9}, "ok"),
        ({"exp": NOW - 10}, "token_expired"),
        ({"exp": None}, "token_expired"),
        ({"nbf": NOW + 10}, "ok"),
        ({"nbf": NOW + 11}, "token_early"),
        ({"nbf": None}, "token_early"),
        ({"aud": "another app"}, "audience_wrong"),
        ({"dest": "evil.com"}, "dest_malformed"),
        ({"dest": f"{SHOP}.evil.com"}, "dest_malformed"),
        ({"dest": None}, "dest_malformed"),
        ({"sub": "gid://shopify/Customer/x"}, "customer_malformed"),
        ({"sub": "gid://shopify/Customer/7/"}, "customer_malformed"),
        ({"sub": 7}, "customer_malformed"),
        ({"sub": 0}, "customer_malformed"),
        ({"sub": False}, "customer_malformed"),
        ({"sub": []}, "customer_malformed"),
    ],
)
def test_each_claim_has_to_hold(other: dict[str, Any], reason: str) -> None:
    verdict = verify(token(shopper(**other)))
    assert verdict.reason == reason
    assert verdict.status == (200 if reason == "ok" else 401)


@pytest.mark.parametrize(("text", "reason"), [("", "token_missing"), ("a.b.c", "token_wrong")])
def test_what_is_no_token_is_401(text: str, reason: str) -> None:
    assert (verify(text).reason, verify(text).status) == (reason, 401)


def test_a_token_of_one_kind_of_person_never_passes_for_one_of_the_other() -> None:
    staff = token(claims(NOW))
    assert verify(staff).reason == "customer_malformed"
    for sub in (CUSTOMER, None):
        asked = token(shopper(iss=f"https://{SHOP}", dest=f"https://{SHOP}", sub=sub))
        answer = verify_id_token(asked, api_key=API_KEY, secrets=(SECRET,), at=AT)
        assert (answer.ok, answer.reason) == (False, "user_malformed")
