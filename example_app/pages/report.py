"""The board of all stores as they stand now, and the report of how they did, as plots and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from handcart.errors import BadInput
from handcart.pickups import journeys, queries, reports
from handcart.pickups.journeys import Day, Figures
from handcart.pickups.reports import Standing
from handcart.stock import Place, drift
from handcart.stock import service as stock
from handcart.web import handcart
from handcart.web.embedded import merchant_required

from .fragments import fragment, is_known, tag_of, unchanged
from .looking import look
from .overview import store_figures
from .plots import plot

blueprint = Blueprint("report", __name__)
DAYS = 30
_COLUMNS = (
    "day",
    "orders",
    "ready_minutes_median",
    "ready_minutes_90_percent",
    "on_time",
    "wait_minutes_median",
    "no_show",
    "short",
)


@dataclass(frozen=True, slots=True)
class StoreNow:
    """One line of the board; ``drifts``: items whose stock nobody can explain."""

    place: Place
    now: Standing
    drifts: int


@blueprint.get("/board")
@merchant_required
def board() -> ResponseReturnValue:
    look(g.merchant.shop)
    stores = _stores()
    return render_template("board.html", stores=stores, tag=tag_of(stores))


@blueprint.get("/board/now")
@merchant_required
def now() -> Response:
    """The part of the board that keeps itself up to date."""
    look(g.merchant.shop)
    stores = _stores()
    tag = tag_of(stores)
    if is_known(tag):
        return unchanged(tag)
    return fragment(render_template("_board.html", stores=stores, tag=tag), tag=tag)


@blueprint.get("/report")
@merchant_required
def report() -> ResponseReturnValue:
    look(g.merchant.shop)
    first, last = _period()
    days, whole = _days(first, last)
    with handcart().db.reading() as view:
        places = stock.places(view, g.merchant.shop)
    return render_template(
        "report.html",
        days=days,
        whole=whole,
        first=first,
        last=last,
        places=places,
        chosen=_store(),
        plots=_plots(days),
    )


@blueprint.get("/report.csv")
@merchant_required
def download() -> Response:
    """The same figures, a line for each day; empty where nothing can be said."""
    look(g.merchant.shop)
    first, last = _period()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for day in _days(first, last)[0]:
        writer.writerow([day.day.isoformat(), *_row(day.figures)])
    answer = Response(text.getvalue(), mimetype="text/csv")
    name = f"pickups-{first.isoformat()}-{last.isoformat()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _stores() -> tuple[StoreNow, ...]:
    with handcart().db.reading() as view:
        shop = g.merchant.shop
        standings = reports.standings(view, shop, at=g.now)
        lost: dict[int, int] = {}
        for each in drift.found(view, shop, at=g.now):
            lost[each.location_id] = lost.get(each.location_id, 0) + 1
        known = store_figures(stock.places(view, shop), queries.open_counts(view, shop))
    return tuple(
        StoreNow(
            one.place,
            standings.get(one.place.location_id, Standing()),
            lost.get(one.place.location_id, 0),
        )
        for one in known
    )


def _days(first: date, last: date) -> tuple[tuple[Day, ...], Figures]:
    zone = ZoneInfo(g.time_zone)
    with handcart().db.reading() as view:
        found = reports.journeys(
            view, g.merchant.shop, first=first, last=last, zone=zone, location_id=_store()
        )
    return journeys.by_day(found, zone=zone, first=first, last=last), journeys.figures_of(found)


def _plots(days: tuple[Day, ...]) -> dict[str, object]:
    names = [day.day for day in days]
    return {
        name: plot(names, [getattr(day.figures, name) for day in days], most=most)
        for name, most in (("ready_minutes", None), ("on_time", 1.0), ("orders", None))
    }


def _row(figures: Figures) -> list[str]:
    numbers = (
        figures.ready_minutes,
        figures.ready_minutes_most,
        figures.on_time,
        figures.wait_minutes,
        figures.no_show,
        figures.short,
    )
    return [str(figures.orders), *("" if one is None else f"{one:.3f}" for one in numbers)]


def _store() -> int | None:
    return request.args.get("store", type=int)


def _period() -> tuple[date, date]:
    """The days asked for, else the last thirty."""
    today = g.now.astimezone(ZoneInfo(g.time_zone)).date()
    last = _date("to") or today
    return _date("from") or last - timedelta(days=DAYS - 1), last


def _date(name: str) -> date | None:
    try:
        given = request.args.get(name, "")
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise BadInput("period_malformed", "days are written 2026-11-23") from None
