from __future__ import annotations

import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.platform.shopify.verify import QueryVerdict, verify_query
from handcart.platform.shopify.verify.query import canonical_texts

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOW = str(int(AT.timestamp()))
SHOP = "juniper-tea.myshopify.com"


def signed(text: str, secret: str = "hush") -> str:
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def verify(raw: bytes, *, at: datetime = AT, secrets: tuple[str, ...] = ("hush",)) -> QueryVerdict:
    return verify_query(raw, secrets=secrets, at=at)


def reason(raw: bytes) -> str:
    verdict = verify(raw)
    assert not verdict.ok
    assert (verdict.shop, verdict.params) == ("", ())
    assert verdict.status == (400 if verdict.reason == "query_not_utf8" else 401)
    return verdict.reason


def plain(**more: str) -> str:
    fields = {"shop": SHOP, "timestamp": NOW, **more}
    return "&".join(sorted(f"{name}={value}" for name, value in fields.items()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "code=a94a110d86d2452eb3e2af4cfb8a3828&shop=some-shop.myshopify.com"
            "&timestamp=1337178173",
            "2cb1a277650a659f1b11e92a4a64275b128e037f2c3390e3c8fd2d8721dac9e2",
        ),
        (
            "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com"
            "&state=0.6784241404160823&timestamp=1337178173",
            "700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf",
        ),
    ],
)
def test_a_published_vector_is_accepted(text: str, expected: str) -> None:
    at = datetime.fromtimestamp(1337178173, UTC)
    verdict = verify(f"hmac={expected}&{text}".encode(), at=at)
    assert (verdict.ok, verdict.reason, verdict.status) == (True, "ok", 200)
    assert verdict.shop == "some-shop.myshopify.com"
    assert "hmac" not in dict(verdict.params)


@pytest.mark.parametrize(
    ("secret", "params", "text", "expected"),
    [
        (
            "hush",
            (("ids[]", "2"), ("ids[]", "1"), ("shop", "some-shop.myshopify.com")),
            'ids=["2", "1"]&shop=some-shop.myshopify.com',
            "b93b9f82996f6f8bf9f1b7bbddec284c8fabacdc4e12dc80550b4705f3003b1e",
        ),
        (
            "0" * 32,
            (
                ("code", "1234678"),
                ("shop", "example.myshopify.com"),
                ("timestamp", "1337178173"),
            ),
            "code=1234678&shop=example.myshopify.com&timestamp=1337178173",
            "6f16da24e8185e717f22a3373a1928fcaea7ea2401be40ab0d160f5bed7fe55a",
        ),
        ("secret", (("a", "1&b=2"), ("c=3&d", "4")), "a=1%26b=2&c%3D3%26d=4", None),
    ],
)
def test_a_published_vector_signs_our_canonical_text(
    secret: str, params: tuple[tuple[str, str], ...], text: str, expected: str | None
) -> None:
    assert next(canonical_texts(params)) == text.encode()
    assert expected is None or signed(text, secret) == expected


def test_values_may_be_signed_lightly_escaped_or_percent_encoded() -> None:
    fields = {"shop": SHOP, "timestamp": NOW, "state": "a b&c=d%e/f:g"}
    light = "&".join(
        f"{name}={value.replace('%', '%25').replace('&', '%26')}"
        for name, value in sorted(fields.items())
    )
    encoded = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(fields.items()))
    assert light != encoded
    for text in (light, encoded):
        verdict = verify(urlencode({**fields, "hmac": signed(text)}).encode())
        assert (verdict.reason, dict(verdict.params)["state"]) == ("ok", fields["state"])


def test_a_plus_that_was_signed_as_text_does_not_pass_for_a_space() -> None:
    text = plain(state="a+b")
    raw = f"{text}&hmac={signed(text)}".encode()
    assert reason(raw) == "signature_wrong"
    assert verify(raw.replace(b"a+b", b"a%2Bb")).ok


def test_a_delimiter_smuggled_into_a_value_does_not_pass_for_a_parameter() -> None:
    text = plain(state="1&zoo=2")
    assert reason(f"{plain(state='1%26zoo=2')}&hmac={signed(text)}".encode()) == "signature_wrong"


def test_a_query_signed_with_the_secret_before_the_rotation_is_accepted() -> None:
    raw = f"{plain()}&hmac={signed(plain(), 'old')}".encode()
    assert verify(raw, secrets=("new", "old")).ok
    assert not verify(raw, secrets=("new",)).ok


@pytest.mark.parametrize(("seconds", "ok"), [(-91, False), (-90, True), (90, True), (91, False)])
def test_the_clocks_may_differ_by_90_seconds(seconds: int, ok: bool) -> None:
    text = plain(timestamp=str(int(NOW) + seconds))
    verdict = verify(f"{text}&hmac={signed(text)}".encode())
    assert (verdict.ok, verdict.reason) == (ok, "ok" if ok else "timestamp_not_recent")


@pytest.mark.parametrize("repeated", ["shop=evil.myshopify.com", "hmac=0", "timestamp=1", "code=1"])
def test_a_repeated_parameter_is_refused(repeated: str) -> None:
    text = plain(code="1")
    assert reason(f"{text}&hmac={signed(text)}&{repeated}".encode()) == "parameter_repeated"


@pytest.mark.parametrize("shop", ["a.myshopify.com.evil.com", "evil.com/x.myshopify.com", ""])
def test_a_shop_name_that_only_looks_like_one_is_refused(shop: str) -> None:
    text = plain(shop=shop)
    raw = urlencode({**dict(parse_qsl(text, keep_blank_values=True)), "hmac": signed(text)})
    assert reason(raw.encode()) == "shop_malformed"


def test_a_query_that_is_not_utf_8_is_400() -> None:
    assert reason(b"state=%ff") == "query_not_utf8"


@pytest.mark.parametrize("raw", [b"", b"hmac=", b"shop=a.myshopify.com", b"&&&"])
def test_an_absent_signature_is_refused(raw: bytes) -> None:
    assert reason(raw) == "signature_missing"


@pytest.mark.parametrize("given_hmac", ["%C3%A9", "0" * 64, "x", "%00"])
def test_a_non_ascii_or_wrong_length_signature_is_401_and_no_exception(given_hmac: str) -> None:
    assert reason(f"{plain()}&hmac={given_hmac}".encode()) == "signature_wrong"


@given(raw=st.binary(max_size=120), secrets=st.lists(st.text(max_size=6), max_size=3))
def test_no_bytes_make_an_exception_or_an_unearned_yes(raw: bytes, secrets: list[str]) -> None:
    assert not verify_query(raw, secrets=secrets, at=AT).ok


@given(
    fields=st.dictionaries(
        st.text(max_size=5).filter(lambda name: not name.endswith("[]")), st.text(max_size=5)
    )
)
def test_whatever_is_signed_is_accepted_and_read_as_it_was_signed(fields: dict[str, str]) -> None:
    params = tuple({**fields, "shop": SHOP, "timestamp": NOW}.items())
    for text in canonical_texts(params):
        hexed = hmac.digest(b"hush", text, "sha256").hex()
        verdict = verify(urlencode([*params, ("hmac", hexed)]).encode())
        if "hmac" not in fields:
            assert (verdict.reason, verdict.params) == ("ok", params)


@given(data=st.data())
def test_a_valid_query_with_one_byte_changed_says_nothing_else(data: st.DataObject) -> None:
    text = plain(code="tea")
    raw = bytearray(f"{text}&hmac={signed(text)}".encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    verdict = verify(bytes(raw))
    assert not verdict.ok or dict(verdict.params) == {"code": "tea", "shop": SHOP, "timestamp": NOW}
