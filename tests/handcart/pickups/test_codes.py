from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.keys import Keyring
from handcart.pickups import code_for, in_groups
from handcart.pickups.codes import ALPHABET, as_typed, code_is_right

SHOP = "juniper-tea.myshopify.com"
OLD = "the secret of last year, long enough too"
NEW = "the secret of this year, long enough too"


def test_a_code_is_eight_characters_without_look_alikes(keyring: Keyring) -> None:
    codes = [code_for(keyring, SHOP, str(pickup), generation=1) for pickup in range(2000)]
    assert {len(code) for code in codes} == {8}
    assert set("".join(codes)) == set(ALPHABET)
    assert not set(ALPHABET) & set("ILOU")
    assert len(set(codes)) == 2000


def test_a_code_belongs_to_one_shop_one_pickup_and_one_generation(keyring: Keyring) -> None:
    code = code_for(keyring, SHOP, "9001", generation=1)
    assert code == code_for(keyring, SHOP, "9001", generation=1)
    assert code_is_right(keyring, SHOP, "9001", generation=1, code=code)
    assert not code_is_right(keyring, "other.myshopify.com", "9001", generation=1, code=code)
    assert not code_is_right(keyring, SHOP, "9002", generation=1, code=code)
    assert not code_is_right(keyring, SHOP, "9001", generation=2, code=code)


def test_a_code_survives_a_new_secret_until_the_old_one_is_dropped() -> None:
    shown = code_for(Keyring([OLD]), SHOP, "9001", generation=1)
    assert code_is_right(Keyring([NEW, OLD]), SHOP, "9001", generation=1, code=shown)
    assert not code_is_right(Keyring([NEW]), SHOP, "9001", generation=1, code=shown)
    assert code_for(Keyring([NEW, OLD]), SHOP, "9001", generation=1) != shown


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7k3m9q2d", "7K3M9Q2D"),
        (" 7K3M-9Q2D ", "7K3M9Q2D"),
        ("7K3M \u2013 9Q2D", "7K3M9Q2D"),
        ("oO0iIlL1", "00011111"),
        ("\uff17\uff2b\uff13\uff2d\uff19\uff31\uff12\uff24", "7K3M9Q2D"),
        ("\u06f7K\u06f3M\u06f9Q\u06f2D", "7K3M9Q2D"),
        ("\u0410\u0412\u0415\u041a\u041c\u041d\u0420\u0421", "ABEKMHPC"),
        ("", ""),
    ],
)
def test_what_is_typed_is_read_as_meant(typed: str, meant: str) -> None:
    assert as_typed(typed) == meant


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_no_text_but_the_code_is_right(typed: str) -> None:
    keyring = Keyring([NEW])
    code = code_for(keyring, SHOP, "9001", generation=1)
    right = code_is_right(keyring, SHOP, "9001", generation=1, code=typed)
    assert right == (as_typed(typed) == code)


def test_a_code_is_shown_in_two_groups() -> None:
    assert in_groups("7K3M9Q2D") == "7K3M-9Q2D"
