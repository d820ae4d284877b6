"""A cart that several people fill: who may see it, who may change it, who pays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from handcart.carts import service as carts
from handcart.carts.history import history
from handcart.carts.line_key import Item
from handcart.errors import BadInput, Denied, HandcartError, NotFound, RuleBroken
from handcart.households import filling, privacy, service, store
from handcart.households.model import GOOD_FOR, MOST_LINKS, MOST_MEMBERS, Household
from handcart.storage import metadata
from handcart.storage.outbox import tasks
from tests.handcart.carts.simulation import SHOP, SimBrowser, SimWorld, key_of

TEA, MUG, POT, WARRANTY = 101, 102, 103, 104
MIRA, OTTO, NINA, STRANGER = 7, 8, 9, 66


@pytest.fixture
def world() -> Iterator[SimWorld]:
    world = SimWorld()
    yield world
    world.close()


@pytest.fixture
def mira(world: SimWorld) -> SimBrowser:
    """The owner's phone, with two teas."""
    phone = SimBrowser(world, "mira's phone", customer_id=MIRA)
    phone.cart.put_in(TEA, 2)
    phone.sync()
    return phone


@pytest.fixture
def otto(world: SimWorld) -> SimBrowser:
    """Otto's laptop, with a mug in a cart of his own."""
    laptop = SimBrowser(world, "otto's laptop", customer_id=OTTO)
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    return laptop


@pytest.fixture
def home(world: SimWorld, mira: SimBrowser) -> Household:
    with world.engine.begin() as work:
        return service.begin(work, SHOP, owner_id=MIRA, name="Mira", at=world.at)


def link(world: SimWorld, home: Household, role: str = "editor", by: int = MIRA) -> str:
    with world.engine.begin() as work:
        return service.invite(
            work, SHOP, home.household_id, customer_id=by, role=role, at=world.at
        )[1]


def join(world: SimWorld, secret: str, who: int, name: str) -> Household:
    with world.engine.begin() as work:
        return service.join(work, SHOP, secret, customer_id=who, name=name, at=world.at)


def look(world: SimWorld, home: Household, who: int) -> dict[int, tuple[int, str]]:
    with world.engine.begin() as view:
        cart = filling.look(view, SHOP, home.household_id, customer_id=who)
    return {line.item.variant_id: (line.quantity, line.added_by) for line in cart.lines}


def change(world: SimWorld, home: Household, who: int, variant: int, quantity: int) -> None:
    world.wait(0.01)
    with world.engine.begin() as work:
        seen = filling.look(work, SHOP, home.household_id, customer_id=who).seen
        filling.change(
            work,
            SHOP,
            home.household_id,
            key_of(variant),
            quantity=quantity,
            seen=seen,
            customer_id=who,
            at=world.at,
        )


def put_in(world: SimWorld, home: Household, who: int, variant: int) -> None:
    world.wait(0.01)
    with world.engine.begin() as work:
        filling.put_in(work, SHOP, home.household_id, key_of(variant), customer_id=who, at=world.at)


def remove(world: SimWorld, home: Household, member: int, *, by: int) -> None:
    with world.engine.begin() as work:
        service.remove(work, SHOP, home.household_id, member, customer_id=by, at=world.at)


def code_of(raised: pytest.ExceptionInfo[HandcartError]) -> str:
    return raised.value.code


def test_what_an_editor_puts_in_is_in_the_owners_browser_and_says_who_it_is_from(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    put_in(world, home, OTTO, MUG)
    assert look(world, home, OTTO) == {TEA: (2, ""), MUG: (1, "Otto")}
    mira.sync()
    assert (mira.cart.quantity(TEA), mira.cart.quantity(MUG)) == (2, 1)
    assert mira.script.answer["added_by"] == {key_of(MUG): "Otto"}


def test_only_the_owner_pays_because_no_members_browser_ever_holds_the_cart(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    put_in(world, home, OTTO, MUG)
    otto.sync()
    assert otto.cart.lines == []
    assert world.customer_cart(OTTO) == {}
    mira.sync()
    bought = list(mira.cart.snapshot())
    world.order(mira.cart.token, 900, bought)
    assert look(world, home, OTTO) == {}


def test_putting_in_twice_puts_in_once(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    put_in(world, home, OTTO, MUG)
    put_in(world, home, OTTO, MUG)
    assert look(world, home, MIRA)[MUG] == (1, "Otto")


def test_more_of_what_is_there_already_stays_the_line_of_who_put_it_in(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    otto.cart.put_in(TEA, 1)
    otto.sync()
    put_in(world, home, OTTO, TEA)
    assert look(world, home, MIRA) == {TEA: (3, "")}


def test_a_part_of_a_bundle_goes_along_with_its_parent(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    otto.cart.put_in(POT, 1)
    otto.cart.put_in(WARRANTY, 1, under=POT)
    otto.sync()
    put_in(world, home, OTTO, POT)
    assert look(world, home, MIRA) == {TEA: (2, ""), POT: (1, "Otto"), WARRANTY: (1, "Otto")}
    mira.sync()
    assert mira.cart.quantity(WARRANTY) == 1
    change(world, home, OTTO, POT, 0)
    mira.sync()
    assert (mira.cart.quantity(POT), mira.cart.quantity(WARRANTY)) == (0, 0)


def test_a_change_by_a_member_takes_away_no_more_than_the_member_had_seen(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    with world.engine.begin() as view:
        seen = filling.look(view, SHOP, home.household_id, customer_id=OTTO).seen
    mira.cart.put_in(TEA, 3)
    mira.sync()
    with world.engine.begin() as work:
        filling.change(
            work,
            SHOP,
            home.household_id,
            key_of(TEA),
            quantity=0,
            seen=seen,
            customer_id=OTTO,
            at=world.at,
        )
    mira.sync()
    assert mira.cart.quantity(TEA) == 3


def test_a_line_that_is_gone_is_not_brought_back_by_a_page_that_still_shows_it(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    mira.cart.put_to(TEA, 0)
    mira.sync()
    with pytest.raises(NotFound) as raised:
        change(world, home, OTTO, TEA, 5)
    assert code_of(raised) == "line_unknown"
    change(world, home, OTTO, TEA, 0)
    assert look(world, home, MIRA) == {}


def test_a_viewer_sees_everything_and_changes_nothing(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home, "viewer"), OTTO, "Otto")
    assert look(world, home, OTTO) == {TEA: (2, "")}
    for act in (
        lambda: change(world, home, OTTO, TEA, 1),
        lambda: change(world, home, OTTO, TEA, 0),
        lambda: put_in(world, home, OTTO, MUG),
    ):
        with pytest.raises(Denied) as raised:
            act()
        assert code_of(raised) == "only_looking"
    assert look(world, home, MIRA) == {TEA: (2, "")}
    assert world.customer_cart(OTTO) == {MUG: 1}


def test_to_a_stranger_the_cart_does_not_exist(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    for act in (
        lambda: look(world, home, STRANGER),
        lambda: change(world, home, STRANGER, TEA, 0),
        lambda: put_in(world, home, STRANGER, MUG),
        lambda: link(world, home, by=STRANGER),
        lambda: remove(world, home, MIRA, by=STRANGER),
        lambda: join(world, "a-secret-that-nobody-made", STRANGER, "Mallory"),
    ):
        with pytest.raises(NotFound):
            act()
    assert look(world, home, MIRA) == {TEA: (2, "")}


def test_who_has_left_sees_nothing_any_more_and_their_lines_stay(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    put_in(world, home, OTTO, MUG)
    remove(world, home, OTTO, by=OTTO)
    for act in (
        lambda: look(world, home, OTTO),
        lambda: change(world, home, OTTO, MUG, 0),
        lambda: put_in(world, home, OTTO, TEA),
    ):
        with pytest.raises(NotFound) as raised:
            act()
        assert code_of(raised) == "household_unknown"
    assert look(world, home, MIRA) == {TEA: (2, ""), MUG: (1, "Otto")}
    mira.sync()
    assert mira.cart.quantity(MUG) == 1


def test_whom_the_owner_sends_away_does_not_come_back_by_the_old_link(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    secret = link(world, home)
    join(world, secret, OTTO, "Otto")
    remove(world, home, OTTO, by=MIRA)
    with pytest.raises(NotFound) as raised:
        join(world, secret, OTTO, "Otto")
    assert code_of(raised) == "household_link_unknown"
    join(world, link(world, home), OTTO, "Otto again")
    assert look(world, home, OTTO) == {TEA: (2, "")}


def test_only_the_owner_invites_sends_away_and_changes_roles(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    join(world, link(world, home, "viewer"), NINA, "Nina")

    def promote() -> None:
        with world.engine.begin() as work:
            service.change_role(
                work, SHOP, home.household_id, NINA, customer_id=OTTO, role="editor"
            )

    for act in (
        lambda: link(world, home, by=OTTO),
        lambda: remove(world, home, NINA, by=OTTO),
        lambda: remove(world, home, MIRA, by=OTTO),
        promote,
    ):
        with pytest.raises(Denied) as raised:
            act()
        assert code_of(raised) == "not_the_owner"
    with world.engine.begin() as work:
        service.change_role(work, SHOP, home.household_id, NINA, customer_id=MIRA, role="editor")
    change(world, home, NINA, TEA, 5)
    assert look(world, home, MIRA) == {TEA: (5, "")}


def test_when_the_owner_stops_sharing_nobody_else_sees_the_cart_and_it_stays_as_it_is(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    secret = link(world, home)
    join(world, secret, OTTO, "Otto")
    remove(world, home, MIRA, by=MIRA)
    for who in (OTTO, MIRA):
        with pytest.raises(NotFound):
            look(world, home, who)
    with pytest.raises(NotFound):
        join(world, secret, NINA, "Nina")
    assert world.customer_cart(MIRA) == {TEA: 2}
    with world.engine.begin() as work:
        again = service.begin(work, SHOP, owner_id=MIRA, name="Mira", at=world.at)
    assert [member.customer_id for member in again.members] == [MIRA]


def test_a_link_is_long_hashed_revocable_and_good_for_a_week(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    secrets = {link(world, home) for _ in range(3)}
    assert len(secrets) == 3
    assert all(len(secret) >= 27 for secret in secrets)  # 160 bits in base 64
    with world.engine.begin() as view:
        kept = [tuple(row) for row in view.execute(select(store.household_links))]
        found = service.links(view, SHOP, home.household_id, customer_id=MIRA, at=world.at)
    assert not any(secret in str(kept) for secret in secrets)
    secret = link(world, home)
    with world.engine.begin() as work:
        newest = next(
            one
            for one in store.links_of(work, SHOP, home.household_id, at=world.at)
            if one.link_id not in {old.link_id for old in found}
        )
        service.revoke(work, SHOP, home.household_id, newest.link_id, customer_id=MIRA)
    with pytest.raises(NotFound):
        join(world, secret, OTTO, "Otto")
    world.wait(GOOD_FOR.total_seconds() + 1)
    for old in secrets:
        with pytest.raises(NotFound):
            join(world, old, OTTO, "Otto")


def test_a_link_serves_the_whole_family_and_joining_twice_changes_nothing(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    secret = link(world, home)
    assert len(join(world, secret, OTTO, "Otto").members) == 2
    assert len(join(world, secret, NINA, "Nina").members) == 3
    assert len(join(world, secret, OTTO, "Ottokar").members) == 3
    assert [one.name for one in join(world, secret, MIRA, "Me").members] == ["Mira", "Otto", "Nina"]
    with world.engine.begin() as view:
        facts = [
            row.payload["event"] for row in view.execute(select(tasks)) if "event" in row.payload
        ]
    assert facts == []  # nobody has subscribed


def test_neither_members_nor_links_without_end(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    secret = link(world, home)
    for who in range(100, 100 + MOST_MEMBERS - 1):
        join(world, secret, who, f"Number {who}")
    with pytest.raises(RuleBroken) as raised:
        join(world, secret, OTTO, "Otto")
    assert code_of(raised) == "household_full"
    for _ in range(MOST_LINKS - 1):
        link(world, home)
    with pytest.raises(RuleBroken) as raised:
        link(world, home)
    assert code_of(raised) == "too_many_links"


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\x00b", "a\u202eb"])
def test_a_name_that_is_none_is_refused(
    name: str, world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    with pytest.raises(BadInput) as raised:
        join(world, link(world, home), OTTO, name)
    assert code_of(raised) == "name_not_valid"


@pytest.mark.parametrize("role", ["owner", "", "admin"])
def test_a_link_makes_nobody_an_owner(
    role: str, world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    with pytest.raises(BadInput) as raised:
        link(world, home, role)
    assert code_of(raised) == "role_unknown"


def test_who_put_a_line_in_is_forgotten_with_the_line(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    put_in(world, home, OTTO, MUG)
    mira.sync()
    mira.cart.put_to(MUG, 0)
    mira.sync()
    mira.cart.put_in(MUG, 1)
    mira.sync()
    assert look(world, home, MIRA)[MUG] == (1, "")
    assert mira.script.answer["added_by"] == {}


def test_the_history_says_which_member_did_what(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    put_in(world, home, OTTO, MUG)
    with world.engine.begin() as view:
        cart = filling.look(view, SHOP, home.household_id, customer_id=MIRA)
        found = store.households_with(view, SHOP, MIRA)
        assert [one.household_id for one in found] == [cart.household.household_id]
        stored = filling._cart(view, SHOP, MIRA)
        newest = history(view, SHOP, stored.cart_id)[0]
    assert newest.by == f"member:{OTTO}"
    assert [(line["variant_id"], line["before"], line["now"]) for line in newest.lines] == [
        (MUG, 0, 1)
    ]


def test_a_member_who_is_forgotten_is_named_nowhere_and_their_lines_stay(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    put_in(world, home, OTTO, MUG)
    remove(world, home, OTTO, by=OTTO)
    with world.engine.begin() as work:
        privacy.forget_customer(work, SHOP, OTTO, at=world.at)
    assert look(world, home, MIRA) == {TEA: (2, ""), MUG: (1, "")}
    with world.engine.begin() as view:
        assert privacy.export_customer(view, SHOP, OTTO) == {"households": []}
        stored = filling._cart(view, SHOP, MIRA)
        assert "Otto" not in str(stored)
        assert f"member:{OTTO}" not in {one.by for one in history(view, SHOP, stored.cart_id)}


def test_an_owner_who_is_forgotten_takes_the_household_along(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    secret = link(world, home)
    join(world, secret, OTTO, "Otto")
    with world.engine.begin() as work:
        privacy.forget_customer(work, SHOP, MIRA, at=world.at)
    with pytest.raises(NotFound):
        look(world, home, OTTO)
    with world.engine.begin() as view:
        for table in (store.households, store.household_members, store.household_links):
            assert view.execute(select(table)).all() == []


def test_an_export_says_in_which_households_somebody_is_and_was(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    world.wait(timedelta(days=1).total_seconds())
    remove(world, home, OTTO, by=MIRA)
    with world.engine.begin() as view:
        [found] = privacy.export_customer(view, SHOP, OTTO)["households"]
    assert (found["role"], found["name"]) == ("editor", "Otto")
    assert found["left_at"] is not None


def test_a_household_of_one_shop_is_unknown_in_another(
    world: SimWorld, mira: SimBrowser, home: Household
) -> None:
    secret = link(world, home)
    other = "other-tea.myshopify.com"
    with world.engine.begin() as work:
        with pytest.raises(NotFound):
            service.join(work, other, secret, customer_id=OTTO, name="Otto", at=world.at)
        with pytest.raises(NotFound):
            filling.look(work, other, home.household_id, customer_id=MIRA)


def wish(world: SimWorld, browser: SimBrowser, variant: int, words: str) -> Item:
    """A line with words of this shopper's own is in their cart."""
    properties = {"Engraving": words}
    browser.cart.put_in(variant, 1, properties)
    browser.sync()
    return Item.of(variant, None, properties)


def everything(world: SimWorld) -> str:
    with world.engine.begin() as view:
        return str([view.execute(select(table)).all() for table in metadata.sorted_tables])


def test_the_words_of_a_member_who_is_forgotten_leave_with_their_line(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    hers, his = wish(world, mira, POT, "for Mira"), wish(world, otto, POT, "for my Olga")
    put_in(world, home, OTTO, MUG)
    for _ in range(2):
        world.wait(0.01)
        with world.engine.begin() as work:
            filling.put_in(work, SHOP, home.household_id, his.key, customer_id=OTTO, at=world.at)
    mira.sync()
    assert "for my Olga" in everything(world)
    with world.engine.begin() as work:
        privacy.forget_customer(work, SHOP, OTTO, at=world.at)
        stored = filling._cart(work, SHOP, MIRA)
        assert set(stored.cart.quantities()) == {key_of(TEA), key_of(MUG), hers.key}
        newest = history(work, SHOP, stored.cart_id)[0]
        carts.forget_customer(work, SHOP, OTTO, at=world.at)
    assert (newest.by, [(line["variant_id"], line["now"]) for line in newest.lines]) == (
        "member:0",
        [(POT, 0)],
    )
    assert "Olga" not in everything(world)
    assert "for Mira" in everything(world)
    mira.sync()
    assert his.key not in mira.cart.quantities()


def test_words_in_an_export_are_the_customers_own(
    world: SimWorld, mira: SimBrowser, otto: SimBrowser, home: Household
) -> None:
    join(world, link(world, home), OTTO, "Otto")
    wish(world, mira, POT, "for Mira")
    his = wish(world, otto, POT, "for my Olga")
    with world.engine.begin() as work:
        filling.put_in(work, SHOP, home.household_id, his.key, customer_id=OTTO, at=world.at)
    with world.engine.begin() as view:
        [cart] = carts.export_customer(view, SHOP, MIRA)["carts"]
    assert "Olga" not in str(cart)
    assert "for Mira" in str(cart)
    assert [line["variant_id"] for line in cart["lines"]].count(POT) == 2
