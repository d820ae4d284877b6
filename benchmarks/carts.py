"""One change of one cart, in a shop that has a million of them.

    python -m benchmarks.carts [--carts 1000000] [--operations 1000]

A shop is filled with carts, each of a signed-in customer with one browser. Then browsers at random
report that a line has one more, one after the other, through the door of the storefront script:
the proxy's signature, the cart's operations, the history, the fact and the durable commit are all
in the time. CPU is this process's own; the database server's is apart.
"""

from __future__ import annotations

import argparse
import hmac
import itertools
import json
import random
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, text

from example_app import create_handcart
from handcart import Handcart, Settings
from handcart.storage import metadata
from handcart.testing.street import free_port
from tests.postgres import NotToBeHad

from . import report
from .arena import Arena, settings

SHOP = "juniper-tea.myshopify.com"
_WARM_UP = 50
# When each report was read: never before the one before it.
_reads = itertools.count(time.time_ns() // 1_000_000)
_FIRST = 2
_SERIES = {
    "sqlite": "(WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < :rows)"
    " SELECT n FROM n)",
    "postgresql": "(SELECT n FROM generate_series(2, :rows) AS n)",
}
_ID = {"sqlite": "printf('%032x', n)", "postgresql": "lpad(to_hex(n), 32, '0')"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--carts", type=int, default=1_000_000)
    parser.add_argument("--operations", type=int, default=1000)
    options = parser.parse_args()
    with Arena() as arena:
        print(measure(arena, options.operations, carts=options.carts))


def measure(
    arena: Arena,
    operations: int,
    *,
    carts: int,
    kinds: Sequence[str] = ("sqlite", "postgresql"),
) -> str:
    """The section of the report."""
    rows = []
    for kind in kinds:
        try:
            url = arena.database(kind)
        except NotToBeHad as missing:
            report.keep("carts", {"database": kind, "missing": str(missing)})
            continue
        for held in sorted({1, carts}):
            rows.append(_measured(url, kind, operations, carts=held))
        arena.forget(url)
    return _section(rows)


def _measured(url: str, kind: str, operations: int, *, carts: int) -> dict[str, Any]:
    env = settings(url, port=free_port())
    with closing(create_handcart(Settings.from_env(env))) as app:
        if carts > 1:
            _multiply(app, carts)
        else:
            app.db.migrate()
            _report(app, 1, _FIRST)
        chosen = random.Random(7).choices(range(1, carts + 1), k=operations + _WARM_UP)
        took, cpu = _timed(app, chosen)
        row = {
            "database": kind,
            "carts": carts,
            "p50": statistics.median(took) * 1000,
            "p95": _quantile(took, 95) * 1000,
            "p99": _quantile(took, 99) * 1000,
            "cpu": cpu / operations * 1000,
        }
    report.keep("carts", row)
    return row


def _timed(app: Handcart, chosen: Sequence[int]) -> tuple[list[float], float]:
    """Seconds of each operation after the warm-up, and of CPU for all of them."""
    took, quantities, began = [], dict.fromkeys(chosen, _FIRST), 0.0
    for turn, number in enumerate(chosen):
        if turn == _WARM_UP:
            began = time.process_time()
        quantities[number] += 1
        start = time.perf_counter()
        _report(app, number, quantities[number])
        took.append(time.perf_counter() - start)
    return took[_WARM_UP:], time.process_time() - began


def _report(app: Handcart, number: int, quantity: int) -> None:
    """What the script of this customer's browser sends; raises when it is not taken."""
    body = {
        "token": f"token-{number}?key=s",
        "lines": [{"variant_id": 101, "quantity": quantity, "title": "Tea", "price": 990}],
        "currency": "EUR",
        "read_at": next(_reads),
    }
    client = app.flask.test_client()
    answer = client.post(f"/proxy/cart?{_signed(app, number)}", data=json.dumps(body))
    if answer.status_code != 200 or answer.get_json()["stale"]:
        raise RuntimeError(f"{answer.status_code} {answer.text[:300]}")


def _signed(app: Handcart, customer: int) -> str:
    params = {
        "shop": SHOP,
        "logged_in_customer_id": str(customer),
        "path_prefix": "/apps/handcart",
        "timestamp": str(int(time.time())),
    }
    message = "".join(f"{name}={value}" for name, value in sorted(params.items()))
    key = app.settings.api_secret.encode()
    return urlencode({**params, "signature": hmac.digest(key, message.encode(), "sha256").hex()})


def _multiply(app: Handcart, rows: int) -> None:
    """Copies of the one cart there is, of its browser, of its token and of its history."""
    # Less than it held: so the line is written anew, without what the measurement did to it.
    _report(app, 1, _FIRST)
    with app.db.writing() as work:
        one = _ID[work.dialect.name]
        copies: Mapping[str, Mapping[str, str]] = {
            "carts": {"cart_id": one, "owner": "'customer:' || n"},
            "cart_tokens": {"token": "'token-' || n", "cart_id": one, "device_id": one},
            "devices": {"device_id": one, "customer_id": "n"},
            "cart_changes": {"cart_id": one},
        }
        for table, values in copies.items():
            _copy(work, table, values, rows)
    with app.db.writing() as work:
        work.execute(text("ANALYZE"))


def _copy(work: Connection, table: str, values: Mapping[str, str], rows: int) -> None:
    columns = [column.name for column in metadata.tables[table].columns]
    chosen = ", ".join(values.get(name, f'template."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    series = _SERIES[work.dialect.name]
    order = "ORDER BY version DESC" if table == "cart_changes" else ""
    template = f"(SELECT * FROM {table} {order} LIMIT 1)"
    work.execute(
        text(
            f"INSERT INTO {table} ({names}) SELECT {chosen}"
            f" FROM {series} AS numbers, {template} AS template"
        ),
        {"rows": rows},
    )


def _quantile(took: Iterable[float], percent: int) -> float:
    ordered = sorted(took)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _section(rows: Sequence[Mapping[str, Any]]) -> str:
    head = ("database", "carts in the shop", "p50 ms", "p95 ms", "p99 ms", "CPU ms")
    shown = [
        [
            row["database"],
            report.number(row["carts"]),
            *(report.number(row[name], ",.2f") for name in ("p50", "p95", "p99", "cpu")),
        ]
        for row in rows
    ]
    return report.table(head, shown)


if __name__ == "__main__":
    main()
