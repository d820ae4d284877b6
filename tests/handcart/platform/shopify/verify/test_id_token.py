from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt import PyJWK
from jwt.api_jws import PyJWS
from jwt.exceptions import InvalidSignatureError

from handcart.platform.shopify.verify import TokenVerdict, verify_id_token
from tests.handcart.platform.shopify.verify.tokens import API_KEY, SECRET, SHOP, claims, token

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOW = int(AT.timestamp())


def verify(text: str | bytes, *, secrets: tuple[str, ...] = (SECRET,)) -> TokenVerdict:
    return verify_id_token(text, api_key=API_KEY, secrets=secrets, at=AT)


def reason(text: str | bytes) -> str:
    verdict = verify(text)
    assert (verdict.ok, verdict.status) == (False, 401)
    assert (verdict.shop, verdict.user_id, verdict.claims) == ("", 0, {})
    return verdict.reason


def test_a_token_names_the_shop_and_the_user() -> None:
    verdict = verify(token(claims(NOW)))
    assert (verdict.ok, verdict.reason, verdict.status) == (True, "ok", 200)
    assert (verdict.shop, verdict.user_id) == (SHOP, 42)
    assert verdict.claims == claims(NOW)


def test_a_token_may_come_as_bytes() -> None:
    assert verify(token(claims(NOW)).encode()).ok


def test_a_token_signed_with_the_secret_before_the_rotation_is_accepted() -> None:
    old = token(claims(NOW), secret="hush")
    assert verify(old, secrets=(SECRET, "hush")).ok
    assert not verify(old).ok


def test_the_shop_named_beside_the_token_has_to_be_its_own() -> None:
    def named(shop: str) -> TokenVerdict:
        text = token(claims(NOW))
        return verify_id_token(text, api_key=API_KEY, secrets=(SECRET,), at=AT, shop=shop)

    assert named(SHOP).ok
    assert named(SHOP.upper()).ok
    for shop in ("other.myshopify.com", "", "evil.com"):
        assert (named(shop).ok, named(shop).reason) == (False, "shop_not_of_token")


@pytest.mark.parametrize("missing", ["jti", "sid", "iat"])
def test_a_claim_that_proves_nothing_may_be_absent(missing: str) -> None:
    assert verify(token(claims(NOW, **{missing: None}))).ok


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"exp": NOW - 9}, "ok"),
        ({"exp": NOW - 10}, "token_expired"),
        ({"exp": None}, "token_expired"),
        ({"exp": str(NOW + 60)}, "token_expired"),
        ({"exp": True}, "token_expired"),
        ({"exp": float("nan")}, "token_expired"),
        ({"exp": float("inf")}, "token_expired"),
        ({"nbf": NOW + 10}, "ok"),
        ({"nbf": NOW + 11}, "token_early"),
        ({"nbf": None}, "token_early"),
        ({"nbf": float("-inf")}, "token_early"),
        ({"aud": "somebody else"}, "audience_wrong"),
        ({"aud": [API_KEY]}, "audience_wrong"),
        ({"aud": None}, "audience_wrong"),
        ({"dest": None}, "dest_malformed"),
        ({"dest": 7}, "dest_malformed"),
        ({"dest": SHOP}, "dest_malformed"),
        ({"dest": f"http://{SHOP}"}, "dest_malformed"),
        ({"dest": "https://evil.com"}, "dest_malformed"),
        ({"dest": f"https://{SHOP}.evil.com"}, "dest_malformed"),
        ({"dest": f"https://evil.com/{SHOP}"}, "dest_malformed"),
        ({"dest": f"https://evil.com@{SHOP}"}, "dest_malformed"),
        ({"dest": f"https://{SHOP}\n"}, "dest_malformed"),
        ({"iss": None}, "issuer_wrong"),
        ({"iss": "https://other.myshopify.com/admin"}, "issuer_wrong"),
        ({"iss": f"https://evil.com/{SHOP}/admin"}, "issuer_wrong"),
        ({"sub": None}, "user_malformed"),
        ({"sub": 42}, "user_malformed"),
        ({"sub": ""}, "user_malformed"),
        ({"sub": "gid://shopify/Customer/42"}, "user_malformed"),
        ({"sub": "٤٢"}, "user_malformed"),
    ],
)
def test_each_claim_has_to_hold(other: dict[str, Any], expected: str) -> None:
    text = token(claims(NOW, **other))
    assert (verify(text).reason if expected == "ok" else reason(text)) == expected


@pytest.mark.parametrize("missing", ["", b""])
def test_an_absent_token_says_so(missing: str | bytes) -> None:
    assert reason(missing) == "token_missing"


@pytest.mark.parametrize(
    "text",
    [
        token(claims(NOW), secret="another secret"),
        token(claims(NOW), header={"alg": "none"}),
        token(claims(NOW), header={"alg": "HS512"}),
        token(claims(NOW), header={"alg": "RS256"}),
        token(claims(NOW), header={}),
        token(claims(NOW), header=[]),
        token(claims(NOW), header={"alg": ["HS256"]}),
        token(claims(NOW), header={"alg": "HS256", "crit": ["exp"]}),
        token(claims(NOW), header={"alg": "HS256", "b64": False}),
        token(claims(NOW)).rsplit(".", 1)[0] + ".",
        token(claims(NOW)) + "é",
        token(claims(NOW)) + "." + token(claims(NOW)),
        token([claims(NOW)]),
        token("a text"),
        token(b"not json"),
        token(b"\xff"),
        token(b"[" * 3000),
        token(b'{"exp":' + b"9" * 5000 + b"}"),
        token(claims(NOW), header=b"[" * 3000),
        token(claims(NOW, padding="x" * 9000)),
        "..",
        "a.b.c",
        "é.é.é",
        "\ud800",
    ],
)
def test_what_is_no_token_of_ours_is_401_and_no_exception(text: str) -> None:
    assert reason(text) == "token_wrong"


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_no_secret_and_an_empty_secret_accept_nothing(secrets: tuple[str, ...]) -> None:
    assert not verify(token(claims(NOW), secret=""), secrets=secrets).ok


def test_an_app_without_a_key_accepts_nothing() -> None:
    unnamed = token(claims(NOW, aud=""))
    assert not verify_id_token(unnamed, api_key="", secrets=[SECRET], at=AT).ok


@given(text=st.text(max_size=80) | st.binary(max_size=80), secrets=st.lists(st.text(max_size=6)))
def test_no_text_or_bytes_make_an_exception_or_an_unearned_yes(
    text: str | bytes, secrets: list[str]
) -> None:
    assert not verify_id_token(text, api_key=API_KEY, secrets=secrets, at=AT).ok


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@given(name=st.sampled_from([*claims(NOW), "alg"]), value=json_values)
def test_no_claim_and_no_header_makes_an_exception(name: str, value: Any) -> None:
    in_claims = verify(token(json.loads(json.dumps(claims(NOW, **{name: value})))))
    in_header = verify(token(claims(NOW), header={"alg": "HS256", name: value}))
    if in_claims.ok:
        assert (in_claims.shop, in_claims.claims["aud"]) == (SHOP, API_KEY)
    if in_header.ok:
        assert name != "alg" or value == "HS256"


@given(data=st.data())
def test_a_valid_token_with_one_character_changed_is_refused(data: st.DataObject) -> None:
    good = token(claims(NOW))
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.characters(max_codepoint=255).filter(lambda one: one != good[place]))
    forged = verify(good[:place] + other + good[place + 1 :])
    # The last character of the signature has bits that mean nothing; the claims stay the same.
    assert not forged.ok or (place == len(good) - 1 and forged.claims == claims(NOW))


def test_a_detached_signature_of_another_platform_is_no_token_of_ours() -> None:
    """A JWS of RS256 whose body travels beside it (RFC 7797), as Saleor really sent it."""
    vector = json.loads((Path(__file__).parent / "vectors" / "detached.json").read_text())
    detached, body = vector["signature"], vector["body"].encode()
    key = PyJWK(vector["key"], algorithm="RS256")
    PyJWS().decode_complete(detached, key, ["RS256"], detached_payload=body)
    with pytest.raises(InvalidSignatureError):
        PyJWS().decode_complete(detached, key, ["RS256"], detached_payload=b"forged")
    for text in (detached, detached.encode()):
        verdict = verify_id_token(text, api_key=API_KEY, secrets=[SECRET], at=AT)
        assert (verdict.ok, verdict.reason, verdict.status) == (False, "token_wrong", 401)
