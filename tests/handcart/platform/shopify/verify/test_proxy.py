from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.platform.shopify.verify import ProxyVerdict, verify_proxy
from handcart.platform.shopify.verify.pairs import split_query
from handcart.platform.shopify.verify.proxy import canonical_texts
from tests.handcart.platform.shopify.verify.proxies import (
    SHOP,
    canonical,
    platform_pairs,
    query,
    sign,
)

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOW = AT.timestamp()


def verify(raw: bytes, *, at: datetime = AT, secrets: tuple[str, ...] = ("hush",)) -> ProxyVerdict:
    return verify_proxy(raw, secrets=secrets, at=at)


def reason(raw: bytes) -> str:
    verdict = verify(raw)
    assert not verdict.ok
    assert verdict.shop == ""
    assert verdict.customer_id is None
    assert verdict.params == ()
    assert verdict.status == (400 if verdict.reason == "query_not_utf8" else 401)
    return verdict.reason


@pytest.mark.parametrize(
    ("secret", "raw", "timestamp", "customer"),
    [
        (
            "hush",
            b"extra=1&extra=2&shop=shop-name.myshopify.com&path_prefix=%2Fapps%2Fawesome_reviews"
            b"&timestamp=1317327555"
            b"&signature=a9718877bea71c2484f91608a7eaea1532bdf71f5c56825065fa4ccabe549ef3",
            1317327555,
            None,
        ),
        (
            "hush",
            b"extra[]=1&extra[]=2&shop=shop-name.myshopify.com&path_prefix=/apps/awesome_reviews"
            b"&timestamp=1317327555"
            b"&signature=6f4b878d5340128aab03a234676dba228432b0b8b72863828ec143e4c5772124",
            1317327555,
            None,
        ),
        (
            "hush",
            b"extra=1&extra=2&shop=shop-name.myshopify.com&logged_in_customer_id=1"
            b"&path_prefix=%2Fapps%2Fawesome_reviews&timestamp=1317327555"
            b"&signature=4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb",
            1317327555,
            1,
        ),
        (
            "hush",
            b"extra=1&extra=2&shop=shop-name.myshopify.com&logged_in_customer_id="
            b"&path_prefix=%2Fapps%2Fawesome_reviews&timestamp=1317327555"
            b"&signature=e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb",
            1317327555,
            None,
        ),
        (
            "secret",
            b"shop=some-random-store.myshopify.com&path_prefix=/apps/my-app&timestamp=1466106083"
            b"&signature=f5cd7233558b1c50102a6f33c0b63ad1e1072a2fc126cb58d4500f75223cefcd",
            1466106083,
            None,
        ),
    ],
)
def test_a_published_vector_is_accepted(
    secret: str, raw: bytes, timestamp: int, customer: int | None
) -> None:
    verdict = verify(raw, at=datetime.fromtimestamp(timestamp, UTC), secrets=(secret,))
    assert (verdict.ok, verdict.reason, verdict.status) == (True, "ok", 200)
    assert verdict.shop in ("shop-name.myshopify.com", "some-random-store.myshopify.com")
    assert verdict.customer_id == customer


def test_the_published_vector_of_bracketed_keys_and_an_empty_value_signs_our_canonical_text() -> (
    None
):
    # The vector's query holds no timestamp we could know, so the text is compared, not accepted.
    raw = b"baz[1]&baz[2]=b&baz[c[0]]=whatup&baz[c[1]]=notmuch&foo=bar"
    texts = list(canonical_texts(split_query(raw)))
    assert texts == [b"baz[1]=baz[2]=bbaz[c[0]]=whatupbaz[c[1]]=notmuchfoo=bar"] * 2
    expected = "bbf3aa60e098f08919a2ea4c64a388414f164e6a117a63b03479ac7aa9464b4f"
    shop = b"path_prefix=/apps/my-appshop=some-random-store.myshopify.comtimestamp=1466106083"
    assert hmac.digest(b"secret", texts[0] + shop, "sha256").hex() == expected


@pytest.mark.parametrize(
    "extra",
    [
        [],
        [("item", "1"), ("item", "2"), ("item", "")],
        [("empty", "")],
        [("line[0][id]", "7"), ("ids[]", "1"), ("ids[]", "2")],
        [("consented", "1"), ("consentGiven", "2"), ("CONSENT", "3")],
        [("item", "1"), ("item2", "2"), ("item-3", "3")],
        [("a", "x"), ("a-b", "y"), ("a!", "z")],
        [("q", "tea & biscuits = 100 % + more")],
        [("näme", "Käse 🧀")],
        [("", "no name")],
    ],
)
def test_repeated_empty_bracketed_mixed_case_and_prefix_sharing_keys_are_accepted(
    extra: list[tuple[str, str]],
) -> None:
    pairs = [*extra, *platform_pairs(NOW, customer="7")]
    verdict = verify(query(pairs))
    assert (verdict.ok, verdict.reason) == (True, "ok")
    assert verdict.customer_id == 7
    assert verdict.params == tuple(pairs)


def test_both_byte_orders_of_prefix_sharing_keys_are_accepted() -> None:
    pairs = [("a", "x"), ("a-b", "y"), *platform_pairs(NOW)]
    texts = list(canonical_texts(tuple((name.encode(), value.encode()) for name, value in pairs)))
    assert texts[0] != texts[1]
    for text in texts:
        signature = hmac.digest(b"hush", text, "sha256").hex()
        assert verify(query(pairs, signature=signature)).ok


def test_a_key_without_an_equals_sign_has_an_empty_value() -> None:
    signature = sign([("flag", ""), *platform_pairs(NOW)])
    raw = b"flag&" + query(platform_pairs(NOW), signature=signature)
    assert verify(raw).ok


def test_a_space_may_come_as_plus_or_percent_20() -> None:
    raw = query([("q", "green tea"), *platform_pairs(NOW)])
    assert b"green+tea" in raw
    assert verify(raw).ok
    assert verify(raw.replace(b"green+tea", b"green%20tea")).ok


def test_a_request_signed_with_the_secret_before_the_rotation_is_accepted() -> None:
    raw = query(platform_pairs(NOW), secret="old")
    assert verify(raw, secrets=("new", "old")).ok
    assert not verify(raw, secrets=("new",)).ok


@pytest.mark.parametrize("seconds", [-90, -89, 0, 89, 90])
def test_a_request_within_90_seconds_is_accepted(seconds: int) -> None:
    assert verify(query(platform_pairs(NOW + seconds))).ok


@pytest.mark.parametrize("seconds", [-91, 91, -86400, 10**9])
def test_a_request_more_than_90_seconds_away_is_refused(seconds: int) -> None:
    assert reason(query(platform_pairs(NOW + seconds))) == "timestamp_not_recent"


@pytest.mark.parametrize("stamp", ["", " {}", "+{}", "{}.0", "-1", "nan", "1_0", "९", "9" * 13])
def test_a_timestamp_that_is_not_plain_digits_is_refused(stamp: str) -> None:
    pairs = [("shop", SHOP), ("timestamp", stamp.format(int(NOW)))]
    assert reason(query(pairs)) == "timestamp_not_recent"


def test_an_absent_timestamp_is_refused() -> None:
    assert reason(query([("shop", SHOP)])) == "timestamp_not_recent"


@pytest.mark.parametrize("raw", [b"", b"&&", b"shop=a.myshopify.com", b"signature="])
def test_an_absent_signature_is_401_and_no_exception(raw: bytes) -> None:
    assert reason(raw) == "signature_missing"


@pytest.mark.parametrize("signature", ["é", "0" * 64, "abc", "ABC" * 30])
def test_a_non_ascii_or_wrong_length_signature_is_401_and_no_exception(signature: str) -> None:
    assert reason(query(platform_pairs(NOW), signature=signature)) == "signature_wrong"


def test_the_digest_in_capitals_is_refused() -> None:
    pairs = platform_pairs(NOW)
    assert reason(query(pairs, signature=sign(pairs).upper())) == "signature_wrong"


@pytest.mark.parametrize(
    "name", ["shop", "timestamp", "logged_in_customer_id", "path_prefix", "signature"]
)
def test_a_repeated_reserved_parameter_is_refused(name: str) -> None:
    raw = query(platform_pairs(NOW)) + f"&{name}=1".encode()
    assert reason(raw) == "parameter_repeated"


@pytest.mark.parametrize(
    "shop",
    [
        "",
        "a.myshopify.com.evil.com",
        "evil.com/x.myshopify.com",
        "a.myshopify.com\n",
        "evil.com#.myshopify.com",
        "user@a.myshopify.com",
    ],
)
def test_a_shop_name_that_only_looks_like_one_is_refused(shop: str) -> None:
    assert reason(query(platform_pairs(NOW, shop=shop))) == "shop_malformed"


def test_an_absent_shop_is_refused() -> None:
    assert reason(query([("timestamp", str(int(NOW)))])) == "shop_malformed"


@pytest.mark.parametrize("customer", ["x", "-1", "1e3", "٣", " 7", "9" * 19])
def test_a_customer_id_that_is_no_number_is_refused(customer: str) -> None:
    assert reason(query(platform_pairs(NOW, customer=customer))) == "customer_malformed"


@pytest.mark.parametrize("raw", [b"q=%ff", b"q=\xff", b"%c3%28=1", b"q=%ed%a0%80"])
def test_a_query_that_is_not_utf_8_is_400(raw: bytes) -> None:
    assert reason(raw + b"&" + query(platform_pairs(NOW))) == "query_not_utf8"


def test_a_guests_signature_cut_anew_to_name_a_customer_is_refused() -> None:
    signed = [("foo", "1logged_in_customer_id=999m="), *platform_pairs(NOW)]
    cut = [
        ("foo", "1"),
        ("logged_in_customer_id", "999"),
        ("m", "logged_in_customer_id="),
        *(pair for pair in platform_pairs(NOW) if pair[0] != "logged_in_customer_id"),
    ]
    assert canonical(cut) == canonical(signed)
    assert reason(query(cut)) == "signature_ambiguous"
    assert reason(query(signed)) == "signature_ambiguous"


def test_a_guests_signature_cut_anew_inside_a_parameter_name_is_refused() -> None:
    # Looking for "logged_in_customer_id=" in values alone misses this one.
    signed = [("foo", "1logged_in_customer_id=999m"), *platform_pairs(NOW)]
    cut = [
        ("foo", "1"),
        ("logged_in_customer_id", "999"),
        ("mlogged_in_customer_id", ""),
        *(pair for pair in platform_pairs(NOW) if pair[0] != "logged_in_customer_id"),
    ]
    assert canonical(cut) == canonical(signed)
    assert not any("logged_in_customer_id=" in value for _, value in cut)
    assert reason(query(cut)) == "signature_ambiguous"


@pytest.mark.parametrize("name", ["workshop", "my_timestamp", "xlogged_in_customer_id"])
def test_an_own_parameter_that_ends_in_a_reserved_name_is_refused(name: str) -> None:
    assert reason(query([(name, "1"), *platform_pairs(NOW)])) == "signature_ambiguous"


TEXT = st.text(alphabet="abls=0129,_", max_size=6) | st.sampled_from(
    ["logged_in_customer_id", "shop", "timestamp", "logged_in_customer_id=999", "path_prefix"]
)


@given(
    extra=st.lists(st.tuples(TEXT, TEXT), max_size=4),
    customer=st.sampled_from(["", "1", "12", "123"]),
    data=st.data(),
)
def test_no_other_cut_of_a_signed_text_changes_who_asks(
    extra: list[tuple[str, str]], customer: str, data: st.DataObject
) -> None:
    pairs = [*extra, *platform_pairs(NOW, customer=customer)]
    signature = sign(pairs)
    text = canonical(pairs).decode()
    places = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
    cut = [(name, value) for name, _, value in (piece.partition("=") for piece in pieces)]
    verdict = verify(query(cut, signature=signature))
    if verdict.ok:
        assert verdict.customer_id == (int(customer) if customer else None)
        assert verdict.shop == SHOP


@given(raw=st.binary(max_size=120), secrets=st.lists(st.text(max_size=6), max_size=3))
def test_no_bytes_make_an_exception_or_an_unearned_yes(raw: bytes, secrets: list[str]) -> None:
    assert not verify_proxy(raw, secrets=secrets, at=AT).ok


@given(
    names=st.lists(st.sampled_from(["shop", "timestamp", "signature", "a", "é"]), max_size=6),
    value=st.text(max_size=6),
)
def test_no_parameters_make_an_exception_or_an_unearned_yes(names: list[str], value: str) -> None:
    raw = urlencode([(name, value) for name in names]).encode()
    assert not verify(raw).ok


@given(data=st.data())
def test_a_valid_request_with_one_byte_changed_says_nothing_else(data: st.DataObject) -> None:
    raw = bytearray(query([("q", "tea"), *platform_pairs(NOW, customer="7")]))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    verdict = verify(bytes(raw))
    # %2F and %2f are the same byte; anything else breaks the signature.
    if verdict.ok:
        assert verdict.customer_id == 7
        assert dict(verdict.params)["q"] == "tea"


@given(extra=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=5))
def test_whatever_the_platform_signs_is_accepted_unless_a_reserved_name_hides_in_it(
    extra: list[tuple[str, str]],
) -> None:
    pairs = [*extra, *platform_pairs(NOW)]
    text = canonical(pairs).decode()
    hides = any(text.count(f"{name}=") != 1 for name, _ in platform_pairs(NOW))
    clashes = any(name in ("signature", *dict(platform_pairs(NOW))) for name, _ in extra)
    assert verify(query(pairs)).ok == (not hides and not clashes)


def test_the_clock_is_only_the_argument() -> None:
    raw = query(platform_pairs(NOW))
    assert verify(raw, at=AT).ok
    assert not verify(raw, at=AT + timedelta(hours=1)).ok
