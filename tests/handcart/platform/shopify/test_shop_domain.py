from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.platform.shopify.shop_domain import shop_domain


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("juniper-tea.myshopify.com", "juniper-tea.myshopify.com"),
        ("Juniper-Tea.MyShopify.com", "juniper-tea.myshopify.com"),
        ("1.myshopify.com", "1.myshopify.com"),
        ("xn--tee-1na.myshopify.com", "xn--tee-1na.myshopify.com"),
    ],
)
def test_a_shop_is_known_by_its_full_domain_in_lower_case(text: str, domain: str) -> None:
    assert shop_domain(text) == domain


@pytest.mark.parametrize(
    "text",
    [
        "",
        "juniper-tea",
        ".myshopify.com",
        "-a.myshopify.com",
        "a.myshopify.com.evil.com",
        "evil.com/x.myshopify.com",
        "evil.com#.myshopify.com",
        "evil.com?.myshopify.com",
        "evil.com\\.myshopify.com",
        "user@a.myshopify.com",
        "a.myshopify.com@evil.com",
        "a.myshopify.com:443",
        "a.myshopify.com\n",
        "a.myshopify.com\r\nHost: evil.com",
        "\na.myshopify.com",
        "a.myshopify.com/",
        "https://a.myshopify.com",
        "a.b.myshopify.com",
        "a_b.myshopify.com",
        "a.myshopifyxcom",
        "a.myshopify.io",
        "admin.shopify.com/store/a",
        "\u212aettle.myshopify.com",
        "tee\u0301.myshopify.com",
        "a" * 64 + ".myshopify.com",
    ],
)
def test_nothing_else_is_a_shop(text: str) -> None:
    assert shop_domain(text) is None


@given(st.text(max_size=40))
def test_no_text_makes_an_exception(text: str) -> None:
    found = shop_domain(text)
    assert found is None or (found == text.lower() and found.endswith(".myshopify.com"))
