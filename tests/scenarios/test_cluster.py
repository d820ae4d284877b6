"""Three brokers in front of the inbox, and what is lost when they die: nothing acknowledged.

While a hundred webhooks a second come in, each test does its worst, and then asks whether
everything that was answered with 200 had its effect, once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import requests
from sqlalchemy import select

from handcart.testing.street import until
from handcart_webhooks.broker import dead_letters
from handcart_webhooks.inbox import deliveries
from tests.rabbitmq import Cluster, NotToBeHad, find_programs, serving

from .killable import KillableStreet, killable_street
from .stream import Stream, streaming

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        find_programs()
    except NotToBeHad as reason:
        pytest.skip(str(reason))
    with serving(nodes=3) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def street(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableStreet]:
    """The app, acknowledging through the cluster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDCART_RECEIVE_VIA", cluster.url)
        with killable_street(tmp_path_factory.mktemp("street")) as street:
            yield street


@contextmanager
def under_load(street: KillableStreet, cluster: Cluster) -> Iterator[Stream]:
    """Webhooks come meanwhile; afterwards all brokers are there and nothing is lost."""
    with streaming(street.process.url, street.shop.app.client_secret) as stream:
        until(lambda: len(stream.accepted()) > 50, "nothing was accepted")
        yield stream
        cluster.heal()
        healed = time.monotonic()
        until(lambda: len(stream.accepted(since=healed)) > 100, "it never recovered")
    assert stream.unanswered() == []
    assert stream.slowest() < 5
    assert all_applied(street, cluster, stream) == {1}


def all_applied(street: KillableStreet, cluster: Cluster, stream: Stream) -> set[int]:
    """Everything that was accepted had its effect; return how many attempts that took."""
    owed = {sent.webhook_id for sent in stream.accepted()}
    until(lambda: owed <= set(done(street)), "something acknowledged is lost", seconds=40)
    until(lambda: waiting(cluster) == 0, "the brokers were never empty", seconds=40)
    until(lambda: street.unfinished() == 0, "the inbox was never empty", seconds=40)
    return set(done(street).values())


def done(street: KillableStreet) -> dict[str, int]:
    """The attempts of each delivery that had its effect, by its id; none may rest."""
    with street.db.reading() as view:
        rows = view.execute(
            select(deliveries.c.webhook_id, deliveries.c.state, deliveries.c.attempts)
        ).all()
    assert [row for row in rows if row.state == "dead"] == []
    return {row.webhook_id: row.attempts for row in rows if row.state == "done"}


def waiting(cluster: Cluster) -> int:
    """How many messages nobody has taken, dead letters included."""
    return sum(each.waiting for each in dead_letters.depths(cluster.url))


def test_a_leader_that_is_killed_costs_no_acknowledged_delivery_and_little_time(
    street: KillableStreet, cluster: Cluster
) -> None:
    """The node that dies leads a third of the queues, and the app is connected to it."""
    with under_load(street, cluster) as stream:
        victim = cluster.busiest()
        assert victim.connections() > 0
        assert victim.name in cluster.leaders().values()
        killed = time.monotonic()
        victim.kill()
        until(lambda: len(stream.accepted(since=killed)) > 300, "nothing was accepted any more")
        gap = stream.longest_gap(since=killed)
        refused = len(stream.refused(since=killed))
    print(f"leader killed: no 200 for {gap:.2f} s at the longest, {refused} refused")
    assert gap < 5


def test_without_a_quorum_everybody_is_refused_in_time(
    street: KillableStreet, cluster: Cluster
) -> None:
    with under_load(street, cluster) as stream:
        killed = time.monotonic()
        for node in cluster.nodes[:2]:
            node.kill()
        until(lambda: len(stream.refused(since=killed + 4)) > 100, "it is still waited for")
        late = [sent for sent in stream.refused() if sent.began > killed + 4]
        at_once = sum(sent.ended - sent.began < 0.5 for sent in late)
        assert stream.accepted(since=killed + 4) == []
    print(f"two of three killed: {at_once} of {len(late)} refused at once")
    assert at_once > 0.8 * len(late)


def test_when_all_brokers_were_killed_nothing_acknowledged_is_lost(
    street: KillableStreet, cluster: Cluster
) -> None:
    with under_load(street, cluster) as stream:
        for node in cluster.nodes:
            node.kill()
        killed = time.monotonic()
        until(lambda: len(stream.refused(since=killed)) > 50, "nobody noticed")


def hundreds_since(stream: Stream, moment: float) -> bool:
    return len(stream.accepted(since=moment)) > 300


def test_a_broker_that_hangs_is_left_for_another(street: KillableStreet, cluster: Cluster) -> None:
    with under_load(street, cluster) as stream:
        victim = cluster.busiest()
        assert victim.connections() > 0
        stopped = time.monotonic()
        victim.pause()
        try:
            going_on = partial(hundreds_since, stream, stopped + 1)
            until(going_on, "it is still waited for", seconds=90)
            gap = stream.longest_gap(since=stopped)
            refused = len(stream.refused(since=stopped))
        finally:
            victim.kill()
    print(f"a node hangs: no 200 for {gap:.2f} s at the longest, {refused} refused")


def test_a_process_that_is_killed_before_it_takes_messages_off_the_broker_doubles_nothing(
    street: KillableStreet, cluster: Cluster
) -> None:
    street.process.stop()
    street.process.start(HANDCART_CRASH_AT="moved:3")
    with streaming(street.process.url, street.shop.app.client_secret) as stream:
        assert street.process.wait_for_death() == -9
    street.process.start()
    all_applied(street, cluster, stream)
    until(lambda: known(street) > 0, "nothing came to be read twice")


def known(street: KillableStreet) -> float:
    """How many messages this process read that the inbox had already."""
    metrics = requests.get(f"{street.process.url}/metrics", timeout=5).text
    found = re.search(r'^handcart_broker_consumed_total\{outcome="known"\} (\S+)', metrics, re.M)
    return float(found[1]) if found else 0
