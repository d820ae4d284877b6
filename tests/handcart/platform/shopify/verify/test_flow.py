from __future__ import annotations

import base64
import hmac
import json

import pytest

from handcart.platform.shopify.verify import FlowVerdict, verify_flow_action

SHOP = "juniper-tea.myshopify.com"
ACTION = {"shopify_domain": SHOP, "action_run_id": "1-2", "properties": {"note": "käse"}}


def sign(body: bytes, secret: str = "hush") -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))


def verify(body: bytes, **more: bytes | None) -> FlowVerdict:
    signature = more.get("signature", sign(body))
    return verify_flow_action(signature=signature, body=body, secrets=("hush", "old"))


def test_an_action_names_its_shop_in_the_body_that_is_signed() -> None:
    verdict = verify(json.dumps(ACTION).encode())
    assert (verdict.ok, verdict.reason, verdict.status) == (True, "ok", 200)
    assert (verdict.shop, verdict.payload) == (SHOP, ACTION)


def test_an_action_signed_with_the_secret_before_the_rotation_is_accepted() -> None:
    body = json.dumps(ACTION).encode()
    assert verify(body, signature=sign(body, "old")).ok
    assert verify(body, signature=sign(body, "older")).reason == "signature_wrong"


@pytest.mark.parametrize("signature", [None, b""])
def test_an_action_without_a_signature_is_401(signature: bytes | None) -> None:
    verdict = verify(json.dumps(ACTION).encode(), signature=signature)
    assert (verdict.reason, verdict.status) == ("signature_missing", 401)
    assert (verdict.shop, verdict.payload) == ("", {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "payload_not_json"),
        (b"[]", "payload_not_json"),
        (b"\xff", "payload_not_json"),
        (b"[" * 100_000, "payload_not_json"),
        (b"{}", "shop_malformed"),
        (b'{"shopify_domain": 7}', "shop_malformed"),
        (b'{"shopify_domain": "evil.com"}', "shop_malformed"),
        (b'{"shopify_domain": "a.myshopify.com.evil.com"}', "shop_malformed"),
    ],
    ids=str,
)
def test_a_signed_body_that_says_nothing_is_400(body: bytes, reason: str) -> None:
    verdict = verify(body)
    assert (verdict.reason, verdict.status) == (reason, 400)
