"""News from the shop: what waits, what rests and why, and letting it be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import Blueprint, Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from handcart.errors import BadInput
from handcart.web import handcart
from handcart.web.embedded import merchant_required
from handcart.web.plan_required import open_without_plan
from handcart_webhooks.overview import DeadLetter, Overview, Sort, dead_letters, overview
from handcart_webhooks.replay import Wanted, replay
from handcart_webhooks.tracing import Trace, trace

from .addresses import merchant_url
from .fragments import fragment, is_known, tag_of, unchanged
from .looking import look
from .translate import ngettext, number
from .words import KINDS, NEWS, reason_words

blueprint = Blueprint("deliveries", __name__)


@dataclass(frozen=True, slots=True)
class Resting:
    """Dead letters of one name that rest for one reason, the newest first."""

    letters: Sequence[DeadLetter]

    @property
    def newest(self) -> DeadLetter:
        return self.letters[0]

    @property
    def since(self) -> datetime:
        return self.letters[-1].rests_since

    @property
    def replayable(self) -> bool:
        return any(letter.replayable for letter in self.letters)

    @property
    def key(self) -> str:
        """Names the card on the page, so that a change of the others does not move it."""
        return f"{self.newest.sort}-{self.newest.name}-{self.newest.code}"


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that the page shows."""

    overview: Overview
    resting: tuple[Resting, ...]


@blueprint.get("/deliveries")
@merchant_required
def deliveries() -> ResponseReturnValue:
    look(g.merchant.shop)
    return _rendered("deliveries.html", _seen())


@blueprint.get("/deliveries/figures")
@merchant_required
def figures() -> Response:
    """The part of the page that keeps itself up to date."""
    look(g.merchant.shop)
    seen = _seen()
    tag = tag_of(seen)
    return unchanged(tag) if is_known(tag) else _figures(seen)


@blueprint.post("/deliveries/replays")
@merchant_required
@open_without_plan  # news are kept up with, and a redaction may be among what rests
def replay_some() -> ResponseReturnValue:
    """Let dead letters be tried again: those of one name and reason, or all of them."""
    look(g.merchant.shop)
    wanted = Wanted(name=request.form.get("name"), reason=request.form.get("reason"))
    sorts: tuple[Sort, ...] = (_sort(),) if "sort" in request.form else ("delivery", "task")
    said = _told(sum(_replay(wanted, sort) for sort in sorts))
    if request.headers.get("HX-Request"):
        return _figures(_seen(), said=said)
    return redirect(merchant_url("deliveries.deliveries"), 303)


@blueprint.get("/deliveries/trace")
@merchant_required
def trace_page() -> ResponseReturnValue:
    """What became of one delivery (``?id=``)."""
    look(g.merchant.shop)
    return _story("trace.html", _trace())


@blueprint.get("/deliveries/trace/story")
@merchant_required
def trace_story() -> Response:
    """The part of the trace that keeps itself up to date."""
    look(g.merchant.shop)
    story = _trace()
    tag = tag_of(story)
    return unchanged(tag) if is_known(tag) else fragment(_story("_trace.html", story), tag=tag)


@blueprint.post("/deliveries/trace/replays")
@merchant_required
@open_without_plan
def replay_one() -> ResponseReturnValue:
    """Let the delivery (``?id=``), or one ``task`` that came of it, be tried again."""
    look(g.merchant.shop)
    story = _trace()
    if task := request.form.get("task"):
        released = _replay(Wanted(ids=(task,)), "task")
    else:
        wanted = Wanted(ids=(story.webhook_id,), done=story.state == "done")
        released = _replay(wanted, "delivery")
    if not request.headers.get("HX-Request"):
        return redirect(merchant_url("deliveries.trace_page", id=story.webhook_id), 303)
    story = _trace()
    return fragment(_story("_trace.html", story, said=_told(released)), tag=tag_of(story))


def _replay(wanted: Wanted, sort: Sort) -> int:
    app = handcart()
    by = f"staff:{g.merchant.user_id}"
    return replay(app.db, g.merchant.shop, wanted, sort=sort, by=by, at=app.clock())


def _sort() -> Sort:
    return "task" if request.form.get("sort") == "task" else "delivery"


def _told(released: int) -> str:
    return ngettext(
        "%(num)s is tried again.", "%(num)s are tried again.", released, number(released)
    )


def _seen() -> Seen:
    with handcart().db.reading() as view:
        letters = dead_letters(view, g.merchant.shop)
        return Seen(overview(view, g.merchant.shop, at=g.now), _grouped(letters))


def _grouped(letters: Sequence[DeadLetter]) -> tuple[Resting, ...]:
    def alike(letter: DeadLetter) -> tuple[str, str, str]:
        return letter.sort, letter.name, letter.code

    groups = (Resting(tuple(some)) for _, some in groupby(sorted(letters, key=alike), alike))
    return tuple(sorted(groups, key=lambda group: group.newest.rests_since, reverse=True))


def _trace() -> Trace:
    webhook_id = request.args.get("id", "")
    if not webhook_id:
        raise BadInput("webhook_id_missing")
    with handcart().db.reading() as view:
        return trace(view, g.merchant.shop, webhook_id)


def _figures(seen: Seen, *, said: str = "") -> Response:
    return fragment(_rendered("_deliveries.html", seen, said=said), tag=tag_of(seen))


def _rendered(template: str, seen: Seen, *, said: str = "") -> str:
    return render_template(
        template, seen=seen, tag=tag_of(seen), said=said, news=NEWS, why=reason_words
    )


def _story(template: str, story: Trace, *, said: str = "") -> str:
    return render_template(
        template,
        story=story,
        tag=tag_of(story),
        said=said,
        news=NEWS,
        kinds=KINDS,
        why=reason_words,
    )
