"""Fragments that ask for themselves every few seconds and cost nothing while nothing changed."""

from __future__ import annotations

import hashlib

from flask import Response, g, make_response, request

from .translate import locale


def tag_of(*parts: object) -> str:
    """Changes with any of the parts, the language and the minute (waiting times are in minutes)."""
    minute = int(g.now.timestamp()) // 60
    text = "|".join(str(part) for part in (*parts, locale(), minute))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


def is_known(tag: str) -> bool:
    """Whether the fragment on the page is this one already."""
    return request.headers.get("If-None-Match") == tag


def unchanged(tag: str) -> Response:
    answer = make_response("", 304)
    answer.headers["ETag"] = tag
    return answer


def fragment(html: str, *, tag: str, status: int = 200) -> Response:
    answer = make_response(html, status)
    answer.headers["ETag"] = tag
    return answer
