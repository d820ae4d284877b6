"""A thousand hostile requests at each verifier in every run, a hundred thousand in ``make soak``.

Three things are said of each: no exception, whatever the bytes; nothing is accepted that the
platform did not sign; and Shopify's own package (``shopifyapp``) judges alike, outside the
differences that ``test_differential.py`` lists one by one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from shopify_app import ShopifyApp

from handcart.platform.shopify.shop_domain import shop_domain
from handcart.platform.shopify.verify import (
    Verdict,
    find_signature,
    verify_flow_action,
    verify_id_token,
    verify_proxy,
    verify_query,
    verify_shopper_token,
    verify_webhook,
)
from tests.handcart.platform.shopify.verify.hostile import (
    OLD,
    SECRETS,
    STRANGER,
    Body,
    Pairs,
    bodies,
    callback_queries,
    digest64,
    many,
    proxy_queries,
    tokens,
)
from tests.handcart.platform.shopify.verify.tokens import API_KEY, SECRET, SHOP

THEIRS = ShopifyApp(client_id=API_KEY, client_secret=SECRET, old_client_secret=OLD)
APP = "https://app.example.com"


def prompt(at: datetime) -> bool:
    """Whether theirs, who ask the real clock, were asked at the moment that ours were told."""
    return (datetime.now(UTC) - at).total_seconds() < 5


def judged(verdict: Verdict) -> bool:
    """What holds for every verdict there is."""
    assert verdict.ok == (verdict.reason == "ok") == (verdict.status == 200)
    assert verdict.status in (200, 400, 401)
    return verdict.ok


# --- webhooks and Flow actions ------------------------------------------------------------------


@many
@given(sent=bodies())
def test_hostile_webhooks(sent: Body) -> None:
    ok = judged(verify_webhook(signature=sent.signature, body=sent.body, secrets=SECRETS))
    assert ok == (sent.signature in [digest64(sent.body, secret) for secret in SECRETS])
    theirs = theirs_webhook(sent)
    assert theirs is None or theirs == ok


def theirs_webhook(sent: Body) -> bool | None:
    """Their answer, or None where theirs cannot give one: they want text in body and header."""
    try:
        body = sent.body.decode()
        signature = None if sent.signature is None else sent.signature.decode("ascii")
    except UnicodeDecodeError:
        return None
    headers = {"x-shopify-shop-domain": SHOP}
    if signature is not None:
        headers["x-shopify-hmac-sha256"] = signature
    request = {"method": "POST", "headers": headers, "url": APP, "body": body}
    return bool(THEIRS.verify_webhook_req(request).ok)


@many
@given(sent=bodies(), shop=st.sampled_from([SHOP, "evil.com", "", None, 7]))
def test_hostile_flow_actions(sent: Body, shop: Any) -> None:
    judged(verify_flow_action(signature=sent.signature, body=sent.body, secrets=SECRETS))
    body = json.dumps({"shopify_domain": shop, "properties": sent.body.hex()}).encode()
    for secret, signed in ((SECRET, True), (OLD, True), (STRANGER, False)):
        verdict = verify_flow_action(signature=digest64(body, secret), body=body, secrets=SECRETS)
        assert judged(verdict) == (signed and shop == SHOP)
        assert verdict.shop == (SHOP if verdict.ok else "")
        headers = {
            "x-shopify-shop-domain": SHOP,
            "x-shopify-hmac-sha256": digest64(body, secret).decode(),
        }
        request = {"method": "POST", "headers": headers, "url": APP, "body": body.decode()}
        # Theirs does not look whom the body names.
        assert THEIRS.verify_flow_action_req(request).ok == signed


@many
@given(headers=st.dictionaries(st.binary(max_size=24), st.binary(max_size=8)))
def test_hostile_headers(headers: dict[bytes, bytes]) -> None:
    known = {b"x-shopify-hmac-sha256", b"shopify-hmac-sha256"}
    there = any(name.lower() in known for name in headers)
    assert (find_signature(headers) is not None) == there


# --- queries ------------------------------------------------------------------------------------

RESERVED = ("logged_in_customer_id", "path_prefix", "shop", "timestamp")


@many
@given(drawn=proxy_queries(), noise=st.binary(max_size=8))
def test_hostile_app_proxy_requests(drawn: tuple[str, Pairs], noise: bytes) -> None:
    raw, signed = drawn
    judged(verify_proxy(raw.encode() + noise, secrets=SECRETS, at=datetime.now(UTC)))
    at = datetime.now(UTC)
    verdict = verify_proxy(raw.encode(), secrets=SECRETS, at=at)
    if judged(verdict):
        said = dict(signed)
        assert verdict.shop == said["shop"]
        assert verdict.customer_id == (int(said["logged_in_customer_id"] or 0) or None)
        assert abs(int(said["timestamp"]) - at.timestamp()) < 92
        assert theirs_proxy(raw) or not prompt(at)
    elif verdict.reason not in STRICTER:
        assert not theirs_proxy(raw)


# Where we refuse and they may accept; each has its own test in test_differential.py.
STRICTER = {
    "query_not_utf8",
    "signature_ambiguous",
    "parameter_repeated",
    "timestamp_not_recent",
    "shop_malformed",
    "customer_malformed",
}


def theirs_proxy(raw: str) -> bool:
    request = {"method": "GET", "headers": {}, "url": f"{APP}/proxy?{raw}", "body": ""}
    try:
        return bool(THEIRS.verify_app_proxy_req(request).ok)
    except (TypeError, ValueError, OverflowError):
        return False  # a signature that is not ASCII, a time that is no number


@many
@given(drawn=callback_queries(SHOP), noise=st.binary(max_size=8))
def test_hostile_callbacks(drawn: tuple[str, Pairs], noise: bytes) -> None:
    raw, signed = drawn
    judged(verify_query(raw.encode() + noise, secrets=SECRETS, at=datetime.now(UTC)))
    verdict = verify_query(raw.encode(), secrets=SECRETS, at=datetime.now(UTC))
    if judged(verdict):
        assert verdict.shop == SHOP
        assert sorted(verdict.params) == sorted(signed)


# --- tokens -------------------------------------------------------------------------------------

Made = tuple[str, dict[str, Any], str, Any]


@many
@given(made=tokens())
def test_hostile_id_tokens(made: Made) -> None:
    text, said, secret, header = made
    at = datetime.now(UTC)
    verdict = verify_id_token(text, api_key=API_KEY, secrets=SECRETS, at=at)
    if not judged(verdict):
        assert (verdict.shop, verdict.user_id, verdict.claims) == ("", 0, {})
        assert verdict.reason in STRICTER_TOKEN or not any(theirs_staff(text))
    elif said:
        assert secret in SECRETS
        assert header["alg"] == "HS256"
        assert f"https://{verdict.shop}" in said["dest"] and verdict.user_id == int(said["sub"])
        assert all(theirs_staff(text)) or not is_plain(said, at) or not prompt(at)


def is_plain(said: dict[str, Any], at: datetime) -> bool:
    """False where they look at claims that prove nothing to us."""
    iat = said.get("iat", 0)
    return isinstance(said.get("jti", ""), str) and isinstance(iat, int) and iat <= at.timestamp()


# Signed by the platform in their eyes, but saying too little or too much in ours.
STRICTER_TOKEN = {
    "token_expired",
    "token_early",
    "dest_malformed",
    "issuer_wrong",
    "user_malformed",
}


def theirs_staff(text: str) -> list[bool]:
    """Their answers on the three surfaces that staff use: the app's pages, the till, the admin."""
    return [
        theirs_token(THEIRS.verify_app_home_req, text, app_home_patch_id_token_path="/auth/patch"),
        theirs_token(THEIRS.verify_pos_ui_ext_req, text),
        theirs_token(THEIRS.verify_admin_ui_ext_req, text),
    ]


def theirs_shopper(text: str) -> list[bool]:
    """Their answers at the checkout and in customer accounts."""
    return [
        theirs_token(THEIRS.verify_checkout_ui_ext_req, text),
        theirs_token(THEIRS.verify_customer_account_ui_ext_req, text),
    ]


def theirs_token(verify: Callable[..., Any], text: str, **more: str) -> bool:
    headers = {"authorization": f"Bearer {text}"}
    try:
        return bool(
            verify({"method": "GET", "headers": headers, "url": APP, "body": ""}, **more).ok
        )
    except Exception:  # a dest that is a number, a text that is no Unicode
        return False


CUSTOMER = "gid://shopify/Customer/7"


@many
@given(made=tokens(iss=None, dest=SHOP, sub=CUSTOMER))
def test_hostile_shopper_tokens(made: Made) -> None:
    text, said, secret, _ = made
    at = datetime.now(UTC)
    verdict = verify_shopper_token(text, api_key=API_KEY, secrets=SECRETS, at=at)
    if not judged(verdict):
        assert (verdict.shop, verdict.customer_id, verdict.claims) == ("", None, {})
        stricter = (STRICTER_TOKEN - {"user_malformed"}) | {"customer_malformed"}
        assert verdict.reason in stricter or not any(theirs_shopper(text))
    elif said:
        assert secret in SECRETS
        assert verdict.shop in (SHOP, "other.myshopify.com")
        assert verdict.shop in str(said["dest"]).lower()
        assert verdict.customer_id == (7 if said.get("sub") == CUSTOMER else _number(said))
        assert all(theirs_shopper(text)) or not is_plain(said, at) or not prompt(at)
    assert not verify_id_token(text, api_key=API_KEY, secrets=SECRETS, at=at).ok


def _number(said: dict[str, Any]) -> int | None:
    sub = str(said.get("sub") or "")
    return int(sub.rpartition("/")[2]) if sub else None


# --- shops --------------------------------------------------------------------------------------


@many
@given(text=st.text(max_size=40) | st.from_regex(r"[a-zA-Z0-9.-]{0,20}\.myshopify\.com.{0,3}"))
def test_hostile_shop_names(text: str) -> None:
    found = shop_domain(text)
    if found is not None:
        label, _, rest = found.partition(".")
        assert rest == "myshopify.com"
        assert set(label) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") and label[0] != "-"
        assert found == text.lower()
