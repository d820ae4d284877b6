from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.platform.shopify.verify import find_signature, verify_webhook

GOOD = b"iIn4aUtu+Ngy8gtxaH8EdWTKPIPRUDoAy8PrOGrPeEU="
BODY = b'{"id":1,"token":"abc"}'


def signed(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        ("hush", BODY, GOOD),
        ("secret", b"foo=anything", b"yCGX/RrK4fcuNtr3ztk5tQGsOBjcAzHpGLdMUrbV8yI="),
        ("old_secret", b"foo=anything", b"XqRcjrSv57VACn6apEO9znyu/wkN1VC7QxdSPwK3Hzs="),
        ("test_secret_key", b'{"foo": "bar"}', b"B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="),
        ("secret", b"message", b"i19IcCmVwVmMVz2x4hhmqbgl1KeU0WnXBgoDYFeWNgs="),
        ("0" * 32, b"", b"vhwRQys0GZozEzsl9+bjquUnCkjSE7r1YPgl9S0CY1E="),
    ],
)
def test_a_published_vector_is_accepted(secret: str, body: bytes, signature: bytes) -> None:
    verdict = verify_webhook(signature=signature, body=body, secrets=[secret])
    assert (verdict.ok, verdict.reason, verdict.status) == (True, "ok", 200)


def test_a_delivery_signed_with_the_secret_before_the_rotation_is_accepted() -> None:
    old = b"XqRcjrSv57VACn6apEO9znyu/wkN1VC7QxdSPwK3Hzs="
    body = b"foo=anything"
    assert verify_webhook(signature=old, body=body, secrets=["secret", "old_secret"]).ok
    assert not verify_webhook(signature=old, body=body, secrets=["secret"]).ok


@pytest.mark.parametrize("missing", [None, b""])
def test_an_absent_signature_is_401(missing: bytes | None) -> None:
    verdict = verify_webhook(signature=missing, body=BODY, secrets=["hush"])
    assert (verdict.ok, verdict.reason, verdict.status) == (False, "signature_missing", 401)


@pytest.mark.parametrize(
    "signature",
    [
        "é".encode() * 22,
        b"\xff" * 44,
        b"not base64",
        GOOD[:-4],
        GOOD + b"AAAA",
        GOOD[:-1],
        b" " + GOOD,
        GOOD + b"\n",
        GOOD.replace(b"+", b"-"),
        base64.b64encode(b"x" * 31),
        base64.b64encode(b"x" * 33),
    ],
)
def test_a_non_ascii_or_wrong_length_signature_is_401_and_no_exception(signature: bytes) -> None:
    verdict = verify_webhook(signature=signature, body=BODY, secrets=["hush"])
    assert (verdict.ok, verdict.reason, verdict.status) == (False, "signature_not_base64", 401)


def test_a_second_spelling_of_the_right_digest_is_refused() -> None:
    spelled = GOOD[:-2] + b"V="
    assert base64.b64decode(spelled, validate=True) == base64.b64decode(GOOD)
    verdict = verify_webhook(signature=spelled, body=BODY, secrets=["hush"])
    assert (verdict.ok, verdict.reason) == (False, "signature_wrong")


def test_a_body_that_was_parsed_and_written_again_is_refused() -> None:
    again = b'{"id": 1, "token": "abc"}'
    assert verify_webhook(signature=GOOD, body=again, secrets=["hush"]).reason == "signature_wrong"


def test_a_body_that_is_not_utf_8_is_verified_like_any_other() -> None:
    body = b"\xff\xfe\x00"
    assert verify_webhook(signature=signed(body, "hush"), body=body, secrets=["hush"]).ok


@pytest.mark.parametrize("secrets", [[], [""]])
def test_no_secret_and_an_empty_secret_accept_nothing(secrets: list[str]) -> None:
    assert not verify_webhook(signature=signed(BODY, ""), body=BODY, secrets=secrets).ok


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({b"x-shopify-hmac-sha256": b"a"}, b"a"),
        ({b"X-Shopify-Hmac-Sha256": b"a"}, b"a"),
        ({b"X-SHOPIFY-HMAC-SHA256": b"a", b"shopify-hmac-sha256": b"b"}, b"a"),
        ({b"shopify-hmac-sha256": b"b"}, b"b"),
        ({b"Shopify-Hmac-SHA256": b"b"}, b"b"),
        ({b"x-shopify-hmac-sha256": b"a", b"shopify-hmac-sha256": b"b"}, b"a"),
        ({b"x-shopify-topic": b"orders/create"}, None),
        ({}, None),
    ],
)
def test_a_signature_in_either_header_family_and_any_case_is_found(
    headers: dict[bytes, bytes], found: bytes | None
) -> None:
    assert find_signature(headers) == found


@given(
    signature=st.none() | st.binary(max_size=64) | st.text(max_size=50).map(str.encode),
    body=st.binary(max_size=64),
    secrets=st.lists(st.text(max_size=8), max_size=3),
)
def test_no_bytes_make_an_exception_or_an_unearned_yes(
    signature: bytes | None, body: bytes, secrets: list[str]
) -> None:
    verdict = verify_webhook(signature=signature, body=body, secrets=secrets)
    earned = [signed(body, secret) for secret in secrets if secret]
    assert verdict.ok == (signature in earned)
    assert verdict.status == (200 if verdict.ok else 401)


@given(body=st.binary(max_size=64), data=st.data())
def test_a_valid_delivery_with_one_byte_changed_is_refused(
    body: bytes, data: st.DataObject
) -> None:
    signature = signed(body, "hush")
    place = data.draw(st.integers(0, len(signature) + len(body) - 1))
    flip = data.draw(st.integers(1, 255))
    whole = bytearray(signature + body)
    whole[place] ^= flip
    forged = verify_webhook(signature=bytes(whole[:44]), body=bytes(whole[44:]), secrets=["hush"])
    assert not forged.ok


@given(headers=st.dictionaries(st.binary(max_size=24), st.binary(max_size=8)))
def test_no_header_names_make_an_exception(headers: dict[bytes, bytes]) -> None:
    assert find_signature(headers) in (None, *headers.values())


def test_the_published_vector_of_a_whole_order_is_verified_by_its_bytes() -> None:
    """Laid out anew, or cut, the same order is another body."""
    body = (Path(__file__).parent / "vectors" / "order.json").read_bytes()
    secret, signature = "0" * 32, b"hvTE9wpDzMcDnPEuHWvYZ58ElKn5vHs0LomurfNIuUc="
    assert len(body) == 5845
    assert verify_webhook(signature=signature, body=body, secrets=[secret]).ok
    for other in (json.dumps(json.loads(body)).encode(), body + b"\n", body[:-1]):
        assert not verify_webhook(signature=signature, body=other, secrets=[secret]).ok
