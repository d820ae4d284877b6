from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Connection

from handcart.errors import BadInput, Denied, NotFound, RuleBroken
from handcart.staff import Role, service
from handcart.staff.model import role_for
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"
OTHER = "other.myshopify.com"


@pytest.fixture
def work(db: Database, at: datetime) -> Iterator[Connection]:
    with db.writing() as work:
        for user_id in (7, 8, 9):
            service.seen(work, SHOP, user_id, at=at)
        yield work


def give(work: Connection, user_id: int, role: Role, *, by: int, at: datetime) -> None:
    service.give_role(work, SHOP, user_id, role=role, name="Ana", by=by, at=at)


def roles(work: Connection) -> dict[int, Role]:
    return {user_id: service.role_of(work, SHOP, user_id) for user_id in (7, 8, 9, 10)}


def test_a_shop_that_gave_no_roles_has_managers_only(work: Connection) -> None:
    assert set(roles(work).values()) == {Role.MANAGER}
    assert service.acting(work, SHOP, 10) == "manager:10"


def test_whoever_gives_the_first_role_manages_and_all_others_pick(
    work: Connection, at: datetime
) -> None:
    give(work, 8, Role.PICKER, by=7, at=at)
    picker, manager = Role.PICKER, Role.MANAGER
    assert roles(work) == {7: manager, 8: picker, 9: picker, 10: picker}
    assert (service.acting(work, SHOP, 7), service.acting(work, SHOP, 8)) == (
        "manager:7",
        "staff:8",
    )
    assert service.role_of(work, OTHER, 8) is Role.MANAGER
    assert [(one.user_id, one.name, one.role) for one in service.members(work, SHOP)] == [
        (7, "", manager),
        (8, "Ana", picker),
        (9, "", None),
    ]


def test_a_picker_gives_no_roles_and_may_not_what_managers_may(
    work: Connection, at: datetime
) -> None:
    give(work, 8, Role.PICKER, by=7, at=at)
    for user_id in (8, 9):
        with pytest.raises(Denied) as caught:
            give(work, user_id, Role.MANAGER, by=8, at=at)
        assert caught.value.code == "manager_needed"
    with pytest.raises(Denied):
        service.require_manager(work, SHOP, 8)
    service.require_manager(work, SHOP, 7)
    assert roles(work)[8] is Role.PICKER


def test_somebody_stays_a_manager(work: Connection, at: datetime) -> None:
    with pytest.raises(RuleBroken) as caught:
        give(work, 7, Role.PICKER, by=7, at=at)
    assert caught.value.code == "last_manager"
    give(work, 8, Role.MANAGER, by=7, at=at)
    give(work, 7, Role.PICKER, by=7, at=at)
    assert (roles(work)[7], roles(work)[8]) == (Role.PICKER, Role.MANAGER)


def test_a_role_is_for_somebody_who_was_here(work: Connection, at: datetime) -> None:
    with pytest.raises(NotFound):
        give(work, 99, Role.PICKER, by=7, at=at)
    with pytest.raises(BadInput):
        role_for("owner")
    with pytest.raises(BadInput):
        service.give_role(work, SHOP, 8, role=Role.PICKER, name="x" * 81, by=7, at=at)
    assert roles(work)[8] is Role.MANAGER


def test_being_seen_again_changes_nothing(work: Connection, at: datetime) -> None:
    give(work, 8, Role.PICKER, by=7, at=at)
    service.seen(work, SHOP, 8, at=at.replace(year=2030))
    member = service.members(work, SHOP)[1]
    assert (member.name, member.role, member.seen_at) == ("Ana", Role.PICKER, at)
