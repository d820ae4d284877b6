from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine

from handcart.errors import NotFound
from handcart.keys import Keyring
from handcart.pickups import PageLink, read_link, sign_link

LINK = PageLink("juniper-tea.myshopify.com", "9001", 1)


def test_a_signed_link_is_read_back_for_half_a_year(keyring: Keyring, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        signed = sign_link(keyring, LINK)
    assert read_link(keyring, signed, at=at) == LINK
    assert read_link(keyring, signed, at=at + timedelta(days=179)) == LINK
    with pytest.raises(NotFound) as caught:
        read_link(keyring, signed, at=at + timedelta(days=181))
    assert caught.value.code == "pickup_link_expired"


def test_a_link_of_another_key_purpose_or_form_leads_nowhere(
    keyring: Keyring, at: datetime
) -> None:
    signed = sign_link(keyring, LINK)
    other = Keyring(["a secret of somebody else, long enough"])
    forged = [
        "",
        "9001",
        signed[:-1],
        "x" + signed,
        sign_link(other, LINK),
        keyring.serializer("another page").dumps([LINK.shop, LINK.pickup_id, 1]),
        keyring.serializer("pickup page").dumps("not three things"),
        keyring.serializer("pickup page").dumps(7),
        "é.é.é",
    ]
    for text in forged:
        with pytest.raises(NotFound) as caught:
            read_link(keyring, str(text), at=at)
        assert caught.value.code == "pickup_link_wrong"
