"""Every contender starts, keeps what it acknowledges and takes nothing that is not signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from benchmarks.arena import Arena
from benchmarks.field import CONTENDERS, Contender, running, settled
from benchmarks.load import Plan, drive
from benchmarks.orders import write_orders
from tests.postgres import NotToBeHad

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with Arena() as arena:
        yield arena


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("orders") / "orders"
    write_orders(path, count=5)
    return path


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda contender: contender.name)
def test_a_contender_keeps_what_it_acknowledges(
    contender: Contender, arena: Arena, orders: Path
) -> None:
    try:
        with running(contender, arena) as run:
            plan = Plan(run.process.port, "/webhooks", str(orders), "test", 2, requests=10)
            assert drive(plan).answers == {"200": 10}
            assert settled(run.kept, 10) == 10
            forged = requests.post(f"{run.process.url}/webhooks", json={"id": 1}, timeout=10)
            assert forged.status_code in {400, 401}
            assert run.kept() == 10
    except NotToBeHad as reason:
        pytest.skip(str(reason))
