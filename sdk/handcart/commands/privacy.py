"""``handcart privacy``: what customers asked to see of themselves, and what was erased."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click
import orjson

from ..compliance import readable, service
from ..compliance.model import Receipt
from ..errors import NotFound
from ..loading import SAMPLE, opened

_app = click.argument("app", default=SAMPLE)
_shop = click.option("--shop", required=True, help="juniper-tea.myshopify.com, also one that left")
_json = click.option("--json", "as_json", is_flag=True, help="for programs")


@click.group()
def privacy() -> None:
    """Look at the answers to customers/data_request, customers/redact and shop/redact."""


@privacy.command("exports")
@_app
@_shop
@_json
def exports_command(app: str, shop: str, as_json: bool) -> None:
    """The exports that wait to be passed on, the newest first."""
    with opened(app) as handcart, handcart.db.reading() as view:
        found = service.exports_of(view, shop)
    rows: list[dict[str, Any]] = [
        {"request": one.request_id, "customer": one.customer_id, "asked_at": one.asked_at}
        for one in found
    ]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        asked_at = f"{row['asked_at']:%Y-%m-%d %H:%M}"
        click.echo(f"{asked_at}  customer {row['customer']}  {row['request']}")
    if not rows:
        click.echo("nobody has asked")


@privacy.command("export")
@click.argument("request_id")
@_app
@_shop
@click.option("--html", "as_html", is_flag=True, help="a page to read instead of JSON")
def export_command(request_id: str, app: str, shop: str, as_html: bool) -> None:
    """Print one export, to be kept in a file and passed on."""
    try:
        with opened(app) as handcart, handcart.db.reading() as view:
            export = service.export_of(view, shop, request_id)
    except NotFound as unknown:
        click.echo(f"{unknown.code}: {unknown}", err=True)
        sys.exit(1)
    if as_html:
        click.echo(readable.document(export.content, title=f"Customer {export.customer_id}"))
    else:
        _print_json(export.content)


@privacy.command("receipts")
@_app
@_shop
@click.option("--customer", type=int, help="of this customer alone")
@_json
def receipts_command(app: str, shop: str, customer: int | None, as_json: bool) -> None:
    """What was erased, the newest first; ends with status 1 when there is no receipt."""
    with opened(app) as handcart, handcart.db.reading() as view:
        found = service.receipts_of(view, shop, customer_id=customer)
    if as_json:
        _print_json([asdict(one) for one in found])
    for one in [] if as_json else found:
        _tell(one)
    sys.exit(0 if found else 1)


def _tell(receipt: Receipt) -> None:
    state = "" if receipt.finished_at else ", still being done"
    click.echo(f"{receipt.erased_at:%Y-%m-%d %H:%M}  a {receipt.subject}{state}")
    click.echo(f"    asked {receipt.asked_at:%Y-%m-%d %H:%M}, request {receipt.request_id}")
    for what, counts in (("erased", receipt.erased), ("kept without a name", receipt.kept)):
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        if told:
            click.echo(f"    {what}: {told}")


def _print_json(value: Any) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))
