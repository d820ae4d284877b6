from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from handcart.carts import service, store
from handcart.carts.cart import Cart
from handcart.carts.line_key import Item
from handcart.carts.listening import Channel, cart_news, open_ticket, seal_ticket
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine
from handcart.carts.store import StoredCart
from handcart.keys import Keyring
from handcart.storage import Database, tell
from handcart.storage.news import ANYTHING
from handcart.testing.street import until
from handcart.web import hub
from handcart.web.hub import Listener
from handcart.web.live import MOST_ON_ONE_CART, Live

SHOP = "juniper-tea.myshopify.com"
MINE, OTHER = Channel(SHOP, "a" * 32), Channel(SHOP, "b" * 32)


class App:
    """As much of a Handcart as live carts ask for."""

    def __init__(self, db: Database, keyring: Keyring) -> None:
        self.db, self.keyring = db, keyring


class Page:
    """One browser that listens; what it was sent arrives in ``said``."""

    def __init__(self, live: Live, ticket: str, method: str = "GET") -> None:
        query = urlencode({"ticket": ticket}).encode()
        self.scope = {"type": "http", "method": method, "path": "/live", "query_string": query}
        self.sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.left = asyncio.Event()
        self.task = asyncio.create_task(live(self.scope, self._receive, self.sent.put))

    async def _receive(self) -> MutableMapping[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def status(self) -> int:
        return int((await self.sent.get())["status"])

    async def said(self) -> str:
        """The next thing that is not a greeting."""
        while True:
            message = await asyncio.wait_for(self.sent.get(), 20)
            body = message["body"].decode()
            if not body.startswith("retry:"):
                return body if message.get("more_body") else "the end"

    async def leave(self) -> None:
        self.left.set()
        await self.task


def run(
    db: Database, keyring: Keyring, story: Callable[[Live], Awaitable[None]], **more: Any
) -> None:
    async def open_and_play() -> None:
        live = Live(App(db, keyring), **more)  # type: ignore[arg-type]
        await live.open()
        try:
            await asyncio.wait_for(story(live), 60)
        finally:
            live.close()
            await asyncio.sleep(0)

    asyncio.run(open_and_play())


def commit(db: Database, *news: str) -> None:
    with db.writing() as work:
        for each in news:
            tell(work, each)


def test_a_listener_hears_where_its_cart_stands_and_every_later_version(
    db: Database, keyring: Keyring, at: datetime
) -> None:
    tea = Cart().add(Item(101), 1, device="phone", at=at)
    with db.writing() as work:
        store.save_cart(work, SHOP, StoredCart(MINE.cart_id, "device:x", tea, 0, None), at=at)

    async def story(live: Live) -> None:
        page = Page(live, seal_ticket(keyring, MINE))
        assert await page.status() == 200
        assert await page.said() == "data: 1\n\n"
        await asyncio.to_thread(
            commit, db, cart_news(*_of(OTHER), 9), cart_news(*_of(MINE), 2), "other news"
        )
        assert await page.said() == "data: 2\n\n"
        await page.leave()
        assert live.hub.count == 0

    run(db, keyring, story)


def test_an_old_version_that_comes_late_is_not_told(db: Database, keyring: Keyring) -> None:
    async def story(live: Live) -> None:
        page = Page(live, seal_ticket(keyring, MINE))
        await page.status()
        assert await page.said() == "data: 0\n\n"
        await asyncio.to_thread(commit, db, cart_news(*_of(MINE), 5))
        await asyncio.to_thread(commit, db, cart_news(*_of(MINE), 4))
        await asyncio.to_thread(commit, db, cart_news(*_of(MINE), 6))
        assert [await page.said(), await page.said()] == ["data: 5\n\n", "data: 6\n\n"]
        live.hub.heard([ANYTHING])
        assert await page.said() == "data: again\n\n"
        await page.leave()

    run(db, keyring, story)


def test_only_a_ticket_of_ours_listens(db: Database, keyring: Keyring) -> None:
    async def story(live: Live) -> None:
        for ticket in ("", "forged", seal_ticket(Keyring(["x" * 40]), MINE)):
            assert await Page(live, ticket).status() == 401
        assert await Page(live, seal_ticket(keyring, MINE), "POST").status() == 405

    run(db, keyring, story)
    assert open_ticket(keyring, seal_ticket(keyring, MINE)) == MINE


def test_of_too_many_on_one_cart_the_first_is_let_go(db: Database, keyring: Keyring) -> None:
    async def story(live: Live) -> None:
        ticket = seal_ticket(keyring, MINE)
        pages = [Page(live, ticket) for _ in range(MOST_ON_ONE_CART + 1)]
        for page in pages:
            assert await page.status() == 200
        assert await pages[0].said() in ("data: 0\n\n", "the end")
        await pages[0].task
        assert live.hub.count == MOST_ON_ONE_CART
        for page in pages[1:]:
            await page.leave()

    run(db, keyring, story)


def test_more_than_a_process_can_hold_are_asked_to_come_later(
    db: Database, keyring: Keyring
) -> None:
    async def story(live: Live) -> None:
        page = Page(live, seal_ticket(keyring, MINE))
        assert await page.status() == 200
        assert await Page(live, seal_ticket(keyring, OTHER)).status() == 503
        await page.leave()

    run(db, keyring, story, most=1)


def test_when_the_server_stops_every_stream_ends(db: Database, keyring: Keyring) -> None:
    async def story(live: Live) -> None:
        page = Page(live, seal_ticket(keyring, MINE))
        assert await page.status() == 200
        assert await page.said() == "data: 0\n\n"
        await asyncio.to_thread(live.hub.close_soon)
        assert await page.said() == "the end"
        await page.task

    run(db, keyring, story)


def test_a_browser_that_reads_slowly_gets_the_newest_only(db: Database, keyring: Keyring) -> None:
    async def story(live: Live) -> None:
        reads = asyncio.Event()
        said: list[bytes] = []

        async def slowly(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.body" and message["body"].startswith(b"data"):
                said.append(message["body"])
                await reads.wait()

        page = Page(live, seal_ticket(keyring, MINE))
        await page.leave()
        page.left.clear()
        task = asyncio.create_task(live(page.scope, page._receive, slowly))
        while not said:
            await asyncio.sleep(0)
        live.hub.heard([cart_news(*_of(MINE), version) for version in range(1, 50)])
        await asyncio.sleep(0)
        reads.set()
        while said[-1] != b"data: 49\n\n":
            await asyncio.sleep(0)
        assert len(said) == 2
        page.left.set()
        await task

    run(db, keyring, story)


def test_a_sign_of_life_never_takes_the_place_of_news_that_wait() -> None:
    async def story() -> None:
        reads = asyncio.Event()
        said: list[bytes] = []

        async def slowly(message: MutableMapping[str, Any]) -> None:
            said.append(message["body"])
            await reads.wait()

        listener = Listener(slowly, None)
        first = asyncio.create_task(listener.say(listener.offer(1)))
        await asyncio.sleep(0)
        for chunk in (listener.offer(2), b":\n\n", listener.offer(2), b""):
            await listener.say(chunk)
        reads.set()
        await first
        assert said == [b"data: 1\n\n", b"data: 2\n\n"]

    asyncio.run(story())


@pytest.fixture
def beat(monkeypatch: pytest.MonkeyPatch) -> float:
    """Seconds from one sign of life to the next: a moment."""
    monkeypatch.setattr(hub, "BEAT", 0.4)
    monkeypatch.setattr(hub, "_GLANCE", 0.01)
    return hub.BEAT


def test_each_has_signs_of_life_at_times_of_its_own(
    db: Database, keyring: Keyring, beat: float
) -> None:
    async def story(live: Live) -> None:
        clock = asyncio.get_running_loop().time
        pages, joined = [], []
        for cart in (MINE, OTHER):
            joined.append(clock())
            pages.append(Page(live, seal_ticket(keyring, cart)))
            assert await pages[-1].status() == 200
            assert await pages[-1].said() == "data: 0\n\n"
            await asyncio.sleep(0.2)
        for page, at in zip(pages, joined, strict=True):
            for beats in (1, 2):
                assert await page.said() == ":\n\n"
                assert clock() >= at + beats * beat
        await asyncio.gather(*(page.leave() for page in pages))

    run(db, keyring, story)


@pytest.mark.usefixtures("beat")
def test_who_has_left_hears_no_sign_of_life_and_is_forgotten(
    db: Database, keyring: Keyring
) -> None:
    async def story(live: Live) -> None:
        page = Page(live, seal_ticket(keyring, MINE))
        assert await page.status() == 200
        await page.leave()
        while await page.said() != "the end":
            pass
        while live.hub._due:
            await asyncio.sleep(0.01)
        assert page.sent.empty()

    run(db, keyring, story)


@pytest.mark.parametrize("merged", [False, True])
def test_every_use_case_that_changes_a_cart_tells_of_it(
    db: Database, at: datetime, merged: bool
) -> None:
    heard: list[str] = []
    db.news.subscribe(heard.extend)
    sighting = Sighting("t1", "", (SnapshotLine(101, 1),), read_at=1)
    with db.writing() as work:
        who = {"device_id": None, "customer_id": None}
        first = service.sync(work, SHOP, sighting, at=at, **who)  # type: ignore[arg-type]
    if merged:
        again = Sighting("t1", "", (SnapshotLine(101, 1),), read_at=2)
        with db.writing() as work:
            service.sync(work, SHOP, again, device_id=first.device_id, customer_id=7, at=at)
    expected = {cart_news(SHOP, first.cart_id, 1)}
    if merged:
        expected |= {cart_news(SHOP, first.cart_id, 2)}
    _eventually(lambda: expected <= set(heard))
    assert len(heard) == (3 if merged else 1)


def _eventually(true: Callable[[], bool]) -> None:
    until(true, "nobody was told")


def _of(channel: Channel) -> tuple[str, str]:
    return channel.shop, channel.cart_id
