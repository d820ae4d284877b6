from __future__ import annotations

import pytest
from itsdangerous import BadSignature

from handcart.errors import NotVerified
from handcart.keys import Keyring

OLD, NEW = "an old secret of at least 32 characters", "a new secret of at least 32 characters"


def test_what_an_old_secret_sealed_opens_after_rotation() -> None:
    sealed = Keyring([OLD]).encrypt("tokens", "shpat_1", context="a:access")
    assert Keyring([NEW, OLD]).decrypt("tokens", sealed, context="a:access") == "shpat_1"
    with pytest.raises(NotVerified):
        Keyring([NEW]).decrypt("tokens", sealed, context="a:access")


def test_a_ciphertext_does_not_open_in_another_place() -> None:
    sealed = Keyring([NEW]).encrypt("tokens", "shpat_1", context="shop-a:access")
    with pytest.raises(NotVerified):
        Keyring([NEW]).decrypt("tokens", sealed, context="shop-b:access")


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    keyring = Keyring([NEW])
    one, two = (keyring.encrypt("tokens", "t", context="c") for _ in range(2))
    assert one != two


def test_a_key_for_one_purpose_is_not_the_key_for_another() -> None:
    keyring = Keyring([NEW])
    assert keyring.keys("tokens") != keyring.keys("device")
    token = keyring.serializer("device").dumps({"id": "d1"})
    with pytest.raises(BadSignature):
        keyring.serializer("pickup page").loads(token)


def test_signatures_survive_rotation_until_the_old_secret_goes() -> None:
    token = Keyring([OLD]).serializer("device").dumps("d1")
    assert Keyring([NEW, OLD]).serializer("device").loads(token) == "d1"
    with pytest.raises(BadSignature):
        Keyring([NEW]).serializer("device").loads(token)


@pytest.mark.parametrize("text", ["", "not base64 at all é", "AAAA", "*" * 40])
def test_rubbish_is_refused_with_our_own_error(text: str) -> None:
    with pytest.raises(NotVerified):
        Keyring([NEW]).decrypt("tokens", text, context="c")
