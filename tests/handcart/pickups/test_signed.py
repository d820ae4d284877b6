"""Codes that a store can believe without a network, and nobody else can make."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from handcart.keys import Keyring
from handcart.pickups import PageLink, State
from handcart.pickups.proxies import Proxy
from handcart.pickups.signed import (
    SignedCode,
    is_signed,
    public_keys,
    read_signed,
    signed_code,
)
from tests.handcart.pickups.builders import pickup_in

SHOP = "juniper-tea.myshopify.com"
LINK = PageLink(SHOP, "9001", 2)


@pytest.fixture
def code(keyring: Keyring, at: datetime) -> str:
    return signed_code(keyring, LINK, not_after=at + timedelta(days=1))


def test_a_code_says_whose_it_is_and_until_when(keyring: Keyring, at: datetime) -> None:
    until = at + timedelta(days=1)
    for proxy_id in (None, 3):
        text = signed_code(keyring, replace(LINK, proxy_id=proxy_id), not_after=until)
        assert read_signed(keyring, SHOP, text) == SignedCode("9001", 2, proxy_id, until)
        assert is_signed(f" {text.lower()} ")
        assert read_signed(keyring, SHOP, f" {text.lower()}\n") is not None
        assert len(text) < 160


def test_the_public_key_alone_checks_it(keyring: Keyring, code: str) -> None:
    said, _, signature = code.rpartition(".")
    [public] = public_keys(keyring, SHOP)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
    key.verify(base64.b32decode(f"{signature}="), f"handcart pickup|{SHOP}|{said}".encode())


def test_another_shop_and_another_app_believe_nothing(keyring: Keyring, code: str) -> None:
    assert read_signed(keyring, "other.myshopify.com", code) is None
    assert read_signed(Keyring(["another secret of another app, long enough"]), SHOP, code) is None


def test_a_rotated_secret_still_believes_what_the_old_one_signed(at: datetime) -> None:
    old, new = "the old secret of the app, long enough", "the new secret of the app, long enough"
    code = signed_code(Keyring([old]), LINK, not_after=at)
    both = Keyring([new, old])
    assert read_signed(both, SHOP, code) is not None
    assert public_keys(both, SHOP) == public_keys(Keyring([new]), SHOP) + public_keys(
        Keyring([old]), SHOP
    )
    assert read_signed(Keyring([new]), SHOP, code) is None


@settings(max_examples=40)
@given(data=st.data())
def test_whatever_is_changed_nothing_is_believed(data: st.DataObject) -> None:
    keyring = Keyring(["a secret of the tests, long enough for it"])
    code = signed_code(keyring, LINK, not_after=datetime.fromisoformat("2026-11-23T09:00:00Z"))
    place = data.draw(st.integers(0, len(code) - 2))  # the last character has spare bits
    other = data.draw(st.sampled_from("ABCXYZ234567890.").filter(lambda each: each != code[place]))
    assert read_signed(keyring, SHOP, code[:place] + other + code[place + 1 :]) is None


@pytest.mark.parametrize(
    "text", ["", "HC1.", "HC1.9001.1.0.5.AAAA", "7K3M9Q2D", "HC1." + "9" * 400]
)
def test_what_is_no_code_is_none(keyring: Keyring, text: str) -> None:
    assert read_signed(keyring, SHOP, text) is None


def test_the_server_has_the_last_word(keyring: Keyring, at: datetime) -> None:
    pickup = replace(pickup_in(State.READY), pickup_id="9001", generation=2)
    mine = SignedCode("9001", 2, None, at)
    sent = [Proxy(3, "Ana")]
    assert mine.whose(pickup, sent, at=at) == "shopper"
    assert replace(mine, proxy_id=3).whose(pickup, sent, at=at) == "proxy:3"
    assert replace(mine, proxy_id=4).whose(pickup, sent, at=at) is None
    assert mine.whose(pickup, sent, at=at + timedelta(seconds=1)) is None
    assert mine.whose(replace(pickup, generation=3), sent, at=at) is None
    assert mine.whose(replace(pickup, pickup_id="9002"), sent, at=at) is None
