"""Our verifiers beside Shopify's own Python package (PyPI ``shopifyapp`` 1.0.2).

They must agree on every request, valid or forged, outside the differences listed here; each
difference has a test of its own that shows both answers, so that a new release of theirs that
changes its mind is noticed. ``docs/reference/verification.md`` argues each of them.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shopify_app import ShopifyApp

from handcart.platform.shopify.verify import verify_id_token, verify_proxy, verify_webhook
from tests.handcart.platform.shopify.verify.proxies import platform_pairs, query, sign
from tests.handcart.platform.shopify.verify.tokens import API_KEY, SECRET, SHOP, claims, token

OLD = "shpss_old_0123456789abcdef0123456789"
SECRETS = (SECRET, OLD)
THEIRS = ShopifyApp(client_id=API_KEY, client_secret=SECRET, old_client_secret=OLD)
APP = "https://app.example.com"


def now() -> datetime:
    """Their verifiers ask the real clock."""
    return datetime.now(UTC)


def ours_webhook(signature: bytes | None, body: bytes) -> tuple[bool, int]:
    verdict = verify_webhook(signature=signature, body=body, secrets=SECRETS)
    return verdict.ok, verdict.status


def theirs_webhook(signature: str | None, body: str) -> tuple[bool, int]:
    headers = {"x-shopify-shop-domain": SHOP}
    if signature is not None:
        headers["x-shopify-hmac-sha256"] = signature
    request = {"method": "POST", "headers": headers, "url": APP, "body": body}
    result = THEIRS.verify_webhook_req(request)
    return result.ok, result.response.status


def ours_proxy(raw: str) -> tuple[bool, str, str]:
    verdict = verify_proxy(raw.encode(), secrets=SECRETS, at=now())
    return verdict.ok, verdict.shop, str(verdict.customer_id or "")


def theirs_proxy(raw: str) -> tuple[bool, str, str]:
    request = {"method": "GET", "headers": {}, "url": f"{APP}/proxy?{raw}", "body": ""}
    result = THEIRS.verify_app_proxy_req(request)
    shop = f"{result.shop}.myshopify.com" if result.shop else ""
    return result.ok, shop, result.logged_in_customer_id or ""


def ours_token(text: str) -> tuple[bool, str]:
    verdict = verify_id_token(text, api_key=API_KEY, secrets=SECRETS, at=now())
    return verdict.ok, verdict.shop


def theirs_token(text: str) -> tuple[bool, str]:
    headers = {"authorization": f"Bearer {text}"}
    request = {"method": "GET", "headers": headers, "url": f"{APP}/", "body": ""}
    result = THEIRS.verify_app_home_req(request, app_home_patch_id_token_path="/auth/patch")
    return result.ok, f"{result.shop}.myshopify.com" if result.ok else ""


def base64_hmac(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


# --- agreement ----------------------------------------------------------------------------------


@given(
    body=st.text(max_size=40),
    secret=st.sampled_from([SECRET, OLD, "another"]),
    noise=st.sampled_from(["", "=", "A", " ", "\n"]),
)
def test_a_webhook_is_judged_alike(body: str, secret: str, noise: str) -> None:
    signature = base64_hmac(body.encode(), secret) + noise
    assert ours_webhook(signature.encode(), body.encode()) == theirs_webhook(signature, body)


@given(body=st.text(max_size=20), signature=st.text(st.characters(max_codepoint=127), min_size=1))
def test_an_ascii_signature_of_nobody_is_judged_alike(body: str, signature: str) -> None:
    assert ours_webhook(signature.encode(), body.encode()) == theirs_webhook(signature, body)


RESERVED = {"logged_in_customer_id", "path_prefix", "shop", "timestamp", "signature"}


@given(
    extra=st.lists(
        st.tuples(st.text(max_size=6), st.text(max_size=8)).filter(lambda p: p[0] not in RESERVED),
        max_size=5,
    ),
    customer=st.sampled_from(["", "7", "123456789012"]),
    secret=st.sampled_from([SECRET, OLD, "another"]),
    late=st.sampled_from([-3600, -120, -60, 0, 60, 120, 3600]),
)
def test_an_app_proxy_request_is_judged_alike(
    extra: list[tuple[str, str]], customer: str, secret: str, late: int
) -> None:
    pairs = [*extra, *platform_pairs(now().timestamp() - late, customer=customer)]
    assume(not hides_a_reserved_name(pairs))
    raw = query(pairs, secret=secret).decode()
    assert ours_proxy(raw) == theirs_proxy(raw)


@given(raw=st.text(max_size=40).map(lambda text: quote(text, safe="&=+%[]")))
def test_a_query_of_nobody_is_judged_alike(raw: str) -> None:
    assert ours_proxy(raw)[0] is False
    assert theirs_proxy(raw)[0] is False


@given(
    secret=st.sampled_from([SECRET, OLD, "another secret that is long enough for anybody"]),
    exp=st.sampled_from([-3600, -30, 0, 30, 3600]),
    nbf=st.sampled_from([-3600, 0, 5, 30, 3600]),
    aud=st.sampled_from([API_KEY, "another", "", None]),
    alg=st.sampled_from(["HS256", "HS512", "none", "RS256"]),
)
def test_an_id_token_is_judged_alike(
    secret: str, exp: int, nbf: int, aud: str | None, alg: str
) -> None:
    clock = now().timestamp()
    payload = claims(clock, exp=int(clock) + exp, nbf=int(clock) + nbf, aud=aud)
    text = token(payload, secret=secret, header={"alg": alg, "typ": "JWT"})
    assert ours_token(text) == theirs_token(text)


@given(text=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60))
def test_a_token_of_nobody_is_judged_alike(text: str) -> None:
    assert ours_token(text) == theirs_token(text) == (False, "")


def hides_a_reserved_name(pairs: list[tuple[str, str]]) -> bool:
    text = "".join(f"{name}={value}" for name, value in sorted(pairs))
    return any(text.count(f"{name}=") > 1 for name in RESERVED)


# --- differences --------------------------------------------------------------------------------


def test_difference_a_webhook_without_a_signature_is_401_here_and_400_there() -> None:
    assert ours_webhook(None, b"{}") == (False, 401)
    assert theirs_webhook(None, "{}") == (False, 400)


def test_difference_a_non_ascii_signature_is_refused_here_and_raises_there() -> None:
    assert ours_webhook("é".encode() * 22, b"{}") == (False, 401)
    with pytest.raises(TypeError):
        theirs_webhook("é" * 44, "{}")
    raw = urlencode([*platform_pairs(now().timestamp()), ("signature", "é")])
    assert ours_proxy(raw)[0] is False
    with pytest.raises(TypeError):
        theirs_proxy(raw)


def test_difference_a_body_that_is_not_text_is_verified_here_and_a_500_there() -> None:
    body = b"\xff\xfe"
    good = base64_hmac(body, SECRET)
    assert ours_webhook(good.encode(), body) == (True, 200)
    assert theirs_webhook(good, body) == (False, 500)  # type: ignore[arg-type]


def test_difference_a_query_that_is_not_utf_8_is_refused_here_and_patched_up_there() -> None:
    # They hash U+FFFD in place of what came, so the platform's own signature does not fit either.
    pairs = [("q", "\ufffd"), *platform_pairs(now().timestamp())]
    raw = f"q=%ff&{query(pairs[1:], signature=sign(pairs, SECRET)).decode()}"
    assert ours_proxy(raw)[0] is False
    assert theirs_proxy(raw)[0] is True


def test_difference_the_other_sort_order_is_accepted_here_and_refused_there() -> None:
    pairs = [("a", "x"), ("a-b", "y"), *platform_pairs(now().timestamp())]
    text = "".join(sorted(f"{name}={value}" for name, value in pairs))
    raw = query(pairs, signature=hmac.digest(SECRET.encode(), text.encode(), "sha256").hex())
    assert ours_proxy(raw.decode())[0] is True
    assert theirs_proxy(raw.decode())[0] is False


def test_difference_a_signature_cut_anew_is_refused_here_and_names_a_customer_there() -> None:
    stamp = now().timestamp()
    signed = [("foo", "1logged_in_customer_id=999m"), *platform_pairs(stamp)]
    cut = [
        ("foo", "1"),
        ("logged_in_customer_id", "999"),
        ("mlogged_in_customer_id", ""),
        *(pair for pair in platform_pairs(stamp) if pair[0] != "logged_in_customer_id"),
    ]
    raw = query(cut, signature=sign(signed, SECRET)).decode()
    assert ours_proxy(raw) == (False, "", "")
    assert theirs_proxy(raw) == (True, SHOP, "999")


def _proxy(*replaced: tuple[str, str]) -> str:
    pairs = [pair for pair in platform_pairs(now().timestamp()) if pair[0] not in dict(replaced)]
    return query([*pairs, *replaced], secret=SECRET).decode()


@pytest.mark.parametrize(
    "raw",
    [
        lambda: _proxy(("timestamp", f" {int(now().timestamp())} ")),
        lambda: _proxy(("timestamp", f"+{int(now().timestamp())}")),
        lambda: _proxy(("shop", "evil.com")),
        lambda: _proxy(("shop", "a.myshopify.com.evil.com")),
        lambda: _proxy(("shop", "")),
        lambda: _proxy(("logged_in_customer_id", "me")),
        lambda: _proxy(("logged_in_customer_id", "1"), ("logged_in_customer_id", "2")),
    ],
    ids=["padded time", "signed time", "no shop", "suffix", "empty", "customer", "two customers"],
)
def test_difference_a_signed_but_malformed_parameter_is_refused_here_and_accepted_there(
    raw: Callable[[], str],
) -> None:
    asked = raw()
    assert ours_proxy(asked)[0] is False
    assert theirs_proxy(asked)[0] is True


@pytest.mark.parametrize(
    "other",
    [
        {"exp": None},
        {"nbf": None},
        {"iss": "https://other.myshopify.com/admin"},
        {"iss": None},
        {"dest": "https://evil.com"},
        {"dest": SHOP},
        {"sub": None},
        {"sub": "gid://shopify/Customer/1"},
    ],
    ids=str,
)
def test_difference_a_signed_token_with_a_bad_claim_is_refused_here_and_accepted_there(
    other: dict[str, Any],
) -> None:
    text = token(claims(now().timestamp(), **other))
    assert ours_token(text) == (False, "")
    assert theirs_token(text)[0] is True


def test_difference_a_token_issued_in_the_future_is_accepted_here_and_refused_there() -> None:
    # iat says when, nbf says from when; only the second limits the use (RFC 7519).
    clock = now().timestamp()
    text = token(claims(clock, iat=int(clock) + 60))
    assert ours_token(text) == (True, SHOP)
    assert theirs_token(text) == (False, "")


def test_difference_a_token_whose_id_is_no_text_is_accepted_here_and_refused_there() -> None:
    # jti would serve to refuse a token the second time; nobody keeps it, so it proves nothing.
    text = token(claims(now().timestamp(), jti=7))
    assert ours_token(text) == (True, SHOP)
    assert theirs_token(text) == (False, "")
