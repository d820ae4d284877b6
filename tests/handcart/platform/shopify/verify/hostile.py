"""Requests a stranger may send: honest ones, bent in every way we could think of.

A stranger knows no secret. They may know requests that the platform signed once (their own among
them), and may send any bytes. So a strategy here draws an honest request, signed with one of
several secrets, and then bends it: cuts, repeats, reorders, re-encodes, re-signs with what they
have. ``HANDCART_HOSTILE_REQUESTS`` says how many are thrown at each verifier (``make soak``:
100,000).
"""

from __future__ import annotations

import base64
import hmac
import os
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import settings
from hypothesis import strategies as st

from tests.handcart.platform.shopify.verify.proxies import canonical, platform_pairs
from tests.handcart.platform.shopify.verify.tokens import API_KEY, SECRET, claims, token

OLD = "shpss_old_0123456789abcdef0123456789"
SECRETS = (SECRET, OLD)
STRANGER = "shpss_what_a_stranger_might_guess_"
ALL_SECRETS = st.sampled_from([SECRET, OLD, STRANGER])

many = settings(max_examples=int(os.environ.get("HANDCART_HOSTILE_REQUESTS", "200")))

NASTY = st.sampled_from(
    ["", "\x00", "é", "İ", "\u212a", "\ufeff", "%00", "%", "%%", "&", "=", "+", " ", "\r\n", "😀"]
    + ["shop=", "logged_in_customer_id=999", "timestamp=0", "signature", "' OR 1=1", "{{7*7}}"]
    + ["9" * 400, "[" * 300, "gid://shopify/Customer/1", "evil.com/x.myshopify.com", "null"]
)
TEXT = st.text(max_size=12) | NASTY
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Signed:
    """A request, who signed it, and whether it says what was signed."""

    raw: bytes
    secret: str
    honest: bool


# --- bytes with a signature beside them: webhooks and Flow actions ------------------------------


@dataclass(frozen=True, slots=True)
class Body:
    body: bytes
    signature: bytes | None


def digest64(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))


BODIES = st.binary(max_size=60) | TEXT.map(lambda text: text.encode("utf-8", "surrogatepass"))


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    body = draw(BODIES)
    signature = draw(
        st.one_of(
            st.none(),
            st.binary(max_size=60),
            ALL_SECRETS.map(lambda secret: digest64(body, secret)),
            ALL_SECRETS.map(lambda secret: hmac.digest(secret.encode(), body, "sha256")),
            ALL_SECRETS.map(lambda secret: digest64(body, secret).rstrip(b"=")),
            ALL_SECRETS.map(
                lambda secret: base64.urlsafe_b64encode(
                    hmac.digest(secret.encode(), body, "sha256")
                )
            ),
            ALL_SECRETS.map(
                lambda secret: hmac.digest(secret.encode(), body, "sha256").hex().encode()
            ),
        )
    )
    if signature is not None and draw(st.booleans()):
        signature = draw(bent_bytes(signature))
    if draw(st.booleans()):
        body = draw(bent_bytes(body))
    return Body(body, signature)


@st.composite
def bent_bytes(draw: st.DrawFn, raw: bytes) -> bytes:
    """One cut, one insertion, one flip, or a repetition."""
    place = draw(st.integers(0, len(raw)))
    kind = draw(st.sampled_from(["cut", "insert", "flip", "twice", "case", "pad"]))
    if kind == "cut":
        return raw[:place]
    if kind == "insert":
        return raw[:place] + draw(st.binary(min_size=1, max_size=4)) + raw[place:]
    if kind == "flip" and raw:
        place %= len(raw)
        return raw[:place] + bytes([raw[place] ^ draw(st.integers(1, 255))]) + raw[place + 1 :]
    if kind == "twice":
        return raw + raw
    return raw.swapcase() if kind == "case" else b" " + raw + b"\n"


# --- queries: app proxy and callbacks -----------------------------------------------------------


@st.composite
def proxy_queries(draw: st.DrawFn) -> tuple[str, Pairs]:
    """A raw query, and the pairs that the platform really signed."""
    extra = draw(st.lists(st.tuples(TEXT, TEXT), max_size=4))
    customer = draw(st.sampled_from(["", "7", "123456789012"]))
    late = draw(st.sampled_from([0, 0, 0, 60, -60, 120, -120, 10**6]))
    signed = [*extra, *platform_pairs(time.time() - late, customer=customer)]
    secret = draw(ALL_SECRETS)
    signature = hmac.digest(secret.encode(), canonical(signed), "sha256").hex()
    sent = draw(bent_pairs([*signed, ("signature", signature)]))
    return draw(spelled(sent)), signed


@st.composite
def callback_queries(draw: st.DrawFn, shop: str) -> tuple[str, Pairs]:
    extra = draw(st.dictionaries(TEXT.filter(lambda name: name not in ("hmac",)), TEXT, max_size=4))
    late = draw(st.sampled_from([0, 0, 0, 60, -60, 120, -120, 10**6]))
    fields = {**extra, "shop": shop, "timestamp": str(int(time.time() - late))}
    text = "&".join(sorted(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in fields.items()))
    secret = draw(ALL_SECRETS)
    signature = hmac.digest(secret.encode(), text.encode(), "sha256").hex()
    sent = draw(bent_pairs([*fields.items(), ("hmac", signature)]))
    return draw(spelled(sent)), list(fields.items())


@st.composite
def bent_pairs(draw: st.DrawFn, pairs: Pairs) -> Pairs:
    """The pairs, after up to three changes."""
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(pairs)))
        kind = draw(
            st.sampled_from(["drop", "repeat", "rename", "change", "add", "shuffle", "recut"])
        )
        here = pairs[place : place + 1]
        if kind == "drop":
            pairs = pairs[:place] + pairs[place + 1 :]
        elif kind == "repeat":
            pairs = [*pairs, *here]
        elif kind == "rename" and here:
            name = draw(st.sampled_from([here[0][0].upper(), here[0][0] + "[]", draw(TEXT)]))
            pairs = [*pairs[:place], (name, here[0][1]), *pairs[place + 1 :]]
        elif kind == "change" and here:
            pairs = [*pairs[:place], (here[0][0], draw(TEXT)), *pairs[place + 1 :]]
        elif kind == "add":
            pairs = [*pairs, (draw(TEXT), draw(TEXT))]
        elif kind == "shuffle":
            pairs = draw(st.permutations(pairs))
        elif kind == "recut":
            pairs = draw(recut(pairs))
    return list(pairs)


@st.composite
def recut(draw: st.DrawFn, pairs: Pairs) -> Pairs:
    """The same signed text, taken apart at other places; the signature is kept."""
    kept = [pair for pair in pairs if pair[0] in ("signature", "hmac")]
    text = canonical([pair for pair in pairs if pair not in kept]).decode("utf-8", "replace")
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=5)))
    pieces = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
    return [*((n, v) for n, _, v in (piece.partition("=") for piece in pieces)), *kept]


@st.composite
def spelled(draw: st.DrawFn, pairs: Pairs) -> str:
    """The pairs as a query: percent-encoded in one of the ways that mean the same."""
    encode = draw(st.sampled_from([quote_plus, lambda text: quote(text, safe=""), quote]))
    raw = "&".join(f"{_encoded(n, encode)}={_encoded(v, encode)}" for n, v in pairs)
    return raw + draw(st.sampled_from(["", "", "", "&", "&&", "&=", "%23x", "&x", "%"]))


def _encoded(text: str, encode: Any) -> str:
    return str(encode(text.encode("utf-8", "surrogatepass")))


# --- tokens -------------------------------------------------------------------------------------

CLAIM = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    TEXT,
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.sampled_from([API_KEY, "https://evil.com", "https://other.myshopify.com/admin", "43"]),
    st.sampled_from(["gid://shopify/Customer/7", "other.myshopify.com"]),
)


@st.composite
def tokens(draw: st.DrawFn, **usual: Any) -> tuple[str, dict[str, Any], str, Any]:
    """A token, the claims and the secret that it was made of, and its header."""
    now = time.time()
    changed = draw(st.dictionaries(st.sampled_from([*claims(now), "new"]), CLAIM, max_size=2))
    times = draw(st.sampled_from([{}, {}, {"exp": int(now) - 3600}, {"nbf": int(now) + 3600}]))
    payload = claims(now, **{**usual, **times, **changed})
    secret = draw(ALL_SECRETS)
    header = draw(
        st.just({"alg": "HS256", "typ": "JWT"})
        | st.fixed_dictionaries({"alg": st.sampled_from(["none", "HS512", "RS256", "hs256", None])})
        | st.dictionaries(st.sampled_from(["alg", "crit", "b64", "kid"]), CLAIM, max_size=2)
    )
    text = token(payload, secret=secret, header=header)
    if draw(st.booleans()):
        bent = draw(bent_bytes(text.encode()))
        return bent.decode("latin-1"), {}, "", None
    return text, payload, secret, header
