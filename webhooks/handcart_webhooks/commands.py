"""``handcart deliveries``, ``trace``, ``replay`` and ``reconcile``: see and steer the engine.

They read and write the app's database, beside the process that serves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
import orjson

from handcart.errors import HandcartError, NotFound
from handcart.loading import load_app
from handcart.shops.store import live_shops
from handcart.storage.attempts import Attempt

from . import overview
from .broker.command import broker_command
from .reconcile import Reconciliation
from .replay import Wanted, replay
from .sweeps import Sweep
from .tracing import Trace, TracedTask, trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handcart.app import Handcart


def _ago(context: click.Context, option: click.Parameter, text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)
    if found is None:
        raise click.BadParameter(f"{text}: write 90m, 12h or 2d", context, option)
    return int(found[1]) * timedelta(**{_UNITS[found[2]]: 1})


_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_app = click.argument("app", default="example_app:create_handcart")
_shop = click.option("--shop", help="only this shop (juniper-tea.myshopify.com)")
_json = click.option("--json", "as_json", is_flag=True, help="for programs")


@click.command("deliveries")
@_app
@_shop
@_json
@click.option("--check", is_flag=True, help="exit 1 when something rests or waits too long")
def deliveries_command(app: str, shop: str | None, as_json: bool, check: bool) -> None:
    """What waits, rests and was done today in APP, by topic, with the lag."""
    with _opened(app) as handcart:
        at = handcart.clock()
        with handcart.db.reading() as view:
            seen = {one: overview.overview(view, one, at=at) for one in _shops(view, shop)}
            late = {one: overview.rests_too_long(view, one, at=at) for one in seen}
    if as_json:
        _print_json({one: {"deliveries": o.topics, "tasks": o.tasks} for one, o in seen.items()})
    else:
        _print_table(("shop", "what", "waiting", "dead", "done today", "lag"), _figures(seen, at))
    if check and any(late.values()):
        raise SystemExit(1)


@click.command("trace")
@click.argument("webhook_id")
@_app
@_shop
@_json
def trace_command(webhook_id: str, app: str, shop: str | None, as_json: bool) -> None:
    """The story of one delivery: receipt, attempts, effect, and the tasks that came of it.

    Exits 1 when no shop ever sent WEBHOOK-ID. Nothing that is shown names a person.
    """
    with _opened(app) as handcart, handcart.db.reading() as view:
        found = list(_traces(view, webhook_id, _shops(view, shop)))
    if as_json:
        _print_json(found)
    for one in found if not as_json else ():
        _print_trace(one)
    if not found:
        click.echo(f"no delivery {webhook_id}", err=True)
        raise SystemExit(1)


@click.command("replay")
@_app
@_shop
@_json
@click.option("--id", "ids", multiple=True, help="a webhook id, or with --tasks a task's key")
@click.option("--topic", "--name", "name", help="a topic, or with --tasks a task's name")
@click.option("--reason", help="the code that the reason begins with (payload_invalid)")
@click.option("--all", "everything", is_flag=True, help="all dead letters")
@click.option("--done", is_flag=True, help="what is done, instead of dead letters")
@click.option("--tasks", is_flag=True, help="tasks of the outbox, instead of deliveries")
def replay_command(
    app: str,
    shop: str | None,
    as_json: bool,
    ids: tuple[str, ...],
    name: str | None,
    reason: str | None,
    everything: bool,
    done: bool,
    tasks: bool,
) -> None:
    """Let dead letters of APP be tried again, in the order they came.

    Say which: by --id, --topic or --reason, or --all. Exits 1 when there was nothing to replay.
    """
    if not (ids or name or reason or everything):
        raise click.UsageError("say which: --id, --topic, --reason or --all")
    if done and (reason or not (ids or name)):
        raise click.UsageError("--done needs --id or --topic; what is done has no reason")
    wanted = Wanted(ids=ids, name=name, reason=reason, done=done)
    with _opened(app) as handcart:
        with handcart.db.reading() as view:
            asked = list(_shops(view, shop))
        sort: overview.Sort = "task" if tasks else "delivery"
        released = {
            one: replay(handcart.db, one, wanted, sort=sort, by="cli", at=handcart.clock())
            for one in asked
        }
    _tell_released({one: count for one, count in released.items() if count}, as_json=as_json)


@click.command("reconcile")
@_app
@_shop
@click.option("--since", callback=_ago, help="how far back: 90m, 12h, 2d (else: the last sweep)")
def reconcile_command(app: str, shop: str | None, since: timedelta | None) -> None:
    """Ask the platform what its webhooks have not told, and make up for it.

    Exits 1 when the platform of a shop did not answer; the others are done all the same.
    """
    with _opened(app) as handcart:
        with handcart.db.reading() as view:
            asked = [shop] if shop else live_shops(view)
        start = handcart.clock() - since if since else None
        reached = [_reconcile(handcart, one, since=start) for one in asked]
    if not all(reached):
        raise SystemExit(1)


COMMANDS = (
    deliveries_command,
    trace_command,
    replay_command,
    reconcile_command,
    broker_command,
)


@contextmanager
def _opened(app: str) -> Iterator[Handcart]:
    handcart = load_app(app)
    try:
        yield handcart
    finally:
        handcart.close()


def _shops(view: Any, shop: str | None) -> Iterable[str]:
    return [shop] if shop else overview.shops(view)


def _traces(view: Any, webhook_id: str, shops: Iterable[str]) -> Iterator[Trace]:
    for shop in shops:
        try:
            yield trace(view, shop, webhook_id)
        except NotFound:
            continue


def _reconcile(app: Handcart, shop: str, *, since: datetime | None) -> bool:
    try:
        for sweep in Reconciliation(app).now(shop, since=since):
            _tell_sweep(sweep)
    except HandcartError as error:
        click.echo(f"{shop}  {error.code}: {error}", err=True)
        return False
    return True


def _tell_sweep(sweep: Sweep) -> None:
    """One line for each resource, written again for each page."""
    progress = f"{sweep.shop}  {sweep.resource}: {sweep.found} found, {sweep.repaired} repaired"
    click.echo(f"\r{progress}", nl=sweep.ended_at is not None)


def _tell_released(released: dict[str, int], *, as_json: bool) -> None:
    if as_json:
        _print_json(released)
    else:
        _print_table(("shop", "released"), [(one, str(n)) for one, n in released.items()])
    if not released:
        raise SystemExit(1)


def _figures(seen: dict[str, overview.Overview], at: datetime) -> Iterator[tuple[str, ...]]:
    for shop, each in seen.items():
        for figures in (*each.topics, *each.tasks):
            counts = (figures.waiting, figures.dead, figures.done)
            lag = _lag(figures.waiting_since, at)
            yield (shop, figures.name, *(str(count) for count in counts), lag)


def _lag(since: datetime | None, at: datetime) -> str:
    """How long the oldest has waited; a task that is for later waits for nothing yet."""
    if since is None or since > at:
        return ""
    return f"{int((at - since).total_seconds())} s"


def _print_trace(one: Trace) -> None:
    click.echo(f"{one.topic}  {one.webhook_id}  {one.shop}")
    about = [
        ("triggered", _when(one.triggered_at)),
        ("received", f"{_when(one.received_at)}, {one.size} bytes, about {one.resource}"),
        *_story(one),
    ]
    for what, text in about:
        click.echo(f"  {what:<10} {text}")
    for task in one.tasks:
        click.echo(f"  {task.kind:<10} {task.name} ({task.resource})")
        for what, text in _story(task):
            click.echo(f"    {what:<10} {text}")
    if not one.tasks:
        click.echo("  nothing came of it")


def _story(row: Trace | TracedTask) -> Iterator[tuple[str, str]]:
    yield from (_told(each) for each in row.history)
    if row.state == "waiting":
        yield row.state, f"due {_when(row.due_at)}"
    elif row.state == "done":
        yield row.state, f"{_when(row.ended_at)}, attempt {row.attempts}"


def _told(each: Attempt) -> tuple[str, str]:
    by = "by " if each.outcome == "released" else ""
    return each.outcome, f"{_when(each.at)}, {by}{each.reason}"


def _when(moment: datetime | None) -> str:
    return moment.isoformat(sep=" ", timespec="milliseconds") if moment else ""


def _print_json(value: Any) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def _print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as what is in them, two spaces between; counts to the right."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            cell.rjust(width) if head[n] not in ("shop", "what") else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        click.echo("  ".join(cells).rstrip())
