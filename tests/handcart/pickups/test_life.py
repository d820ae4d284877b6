"""The table of a pickup's life, all of it: every state × act × actor."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from handcart.errors import BadInput, Denied, InvalidTransition, RuleBroken
from handcart.pickups import REASONS, Act, Actor, Pickup, Stage, State, life
from handcart.pickups.how import How
from handcart.pickups.life import Clock
from handcart.pickups.lines import PickupLine
from handcart.pickups.model import reason_for
from handcart.pickups.states import AT_THE_PLATFORM, EARLY, OPEN, PHASES, TERMINAL, header
from handcart.pickups.ways import WAYS
from handcart.platform.port import FulfillmentLine

from .builders import AT, DAY, pickup_in

# Who may do what in which state, and the state it leads to from the pickup of ``builders``.
# Written out by hand from the rules, so that the table in the code is read against it.
TABLE = """
requested         accept    staff,manager                   accepted
escalated         accept    staff,manager                   accepted
requested         escalate  timer                           escalated
requested         pick      staff,manager                   picking
escalated         pick      staff,manager                   picking
accepted          pick      staff,manager                   picking
requested         pack      staff,manager                   ready
escalated         pack      staff,manager                   ready
accepted          pack      staff,manager                   ready
picking           pack      staff,manager                   ready
short             pack      staff,manager                   ready
partly_ready      pack      staff,manager                   ready
on_my_way         pack      staff,manager                   !
here              pack      staff,manager                   here
partly_collected  pack      staff,manager                   partly_collected
partly_ready      split     shopper,staff,manager           ready
on_my_way         split     shopper,staff,manager           !
here              split     shopper,staff,manager           here
requested         miss      staff,manager                   short
escalated         miss      staff,manager                   short
accepted          miss      staff,manager                   short
picking           miss      staff,manager                   short
short             miss      staff,manager                   short
partly_ready      miss      staff,manager                   short
ready             miss      staff,manager                   short
on_my_way         miss      staff,manager                   short
here              miss      staff,manager                   short
partly_collected  miss      staff,manager                   short
short             wait      shopper,staff,manager           partly_ready
short             drop      shopper,staff,manager           ready
ready             announce  shopper,proxy                   on_my_way
partly_ready      announce  shopper,proxy                   on_my_way
ready             arrive    shopper,proxy,staff,manager     here
partly_ready      arrive    shopper,proxy,staff,manager     here
on_my_way         arrive    shopper,proxy,staff,manager     here
requested         promise   shopper,staff,manager,platform  requested
escalated         promise   shopper,staff,manager,platform  escalated
accepted          promise   shopper,staff,manager,platform  accepted
picking           promise   shopper,staff,manager,platform  picking
short             promise   shopper,staff,manager,platform  short
partly_ready      promise   shopper,staff,manager,platform  partly_ready
ready             promise   shopper,staff,manager,platform  ready
on_my_way         promise   shopper,staff,manager,platform  on_my_way
here              promise   shopper,staff,manager,platform  here
partly_collected  promise   shopper,staff,manager,platform  partly_collected
ready             put       staff,manager                   ready
partly_ready      put       staff,manager                   partly_ready
partly_collected  put       staff,manager                   partly_collected
on_my_way         put       staff,manager                   on_my_way
here              put       staff,manager                   here
expired           put       staff,manager                   expired
partly_ready      tell      staff,manager                   partly_ready
ready             tell      staff,manager                   ready
on_my_way         tell      staff,manager                   on_my_way
partly_collected  tell      staff,manager                   partly_collected
short             hand_over staff,manager                   short
partly_ready      hand_over staff,manager                   partly_collected
ready             hand_over staff,manager                   collected
on_my_way         hand_over staff,manager                   collected
here              hand_over staff,manager                   partly_collected
partly_collected  hand_over staff,manager                   partly_collected
expired           hand_over staff,manager                   collected
partly_ready      extend    shopper,staff,manager           partly_ready
ready             extend    shopper,staff,manager           ready
on_my_way         extend    shopper,staff,manager           on_my_way
here              extend    shopper,staff,manager           here
partly_collected  extend    shopper,staff,manager           partly_collected
expired           extend    staff,manager                   ready
partly_ready      expire    timer                           expired
ready             expire    timer                           expired
on_my_way         expire    timer                           expired
partly_collected  expire    timer                           expired
expired           restock   staff,manager                   restocked
requested         cancel    shopper,staff,manager,platform  cancelled
escalated         cancel    shopper,staff,manager,platform  cancelled
accepted          cancel    shopper,staff,manager,platform  cancelled
short             cancel    shopper,staff,manager,platform  cancelled
picking           cancel    manager,platform                cancelled
partly_ready      cancel    manager,platform                cancelled
ready             cancel    manager,platform                cancelled
on_my_way         cancel    manager,platform                cancelled
here              cancel    manager,platform                cancelled
partly_collected  cancel    manager,platform                collected
expired           cancel    manager,platform                cancelled
requested         move      platform                        requested
escalated         move      platform                        requested
accepted          move      platform                        requested
picking           move      platform                        requested
short             move      shopper,staff,manager,platform  requested
partly_ready      move      platform                        requested
ready             move      platform                        requested
on_my_way         move      platform                        requested
here              move      platform                        requested
partly_collected  move      platform                        partly_collected
expired           move      platform                        requested
requested         correct   platform                        requested
escalated         correct   platform                        escalated
accepted          correct   platform                        accepted
picking           correct   platform                        picking
short             correct   platform                        short
partly_ready      correct   platform                        partly_ready
ready             correct   platform                        ready
on_my_way         correct   platform                        on_my_way
here              correct   platform                        here
partly_collected  correct   platform                        partly_collected
expired           correct   platform                        expired
requested         rejoin    platform                        requested
escalated         rejoin    platform                        escalated
accepted          rejoin    platform                        accepted
picking           rejoin    platform                        picking
short             rejoin    platform                        short
partly_ready      rejoin    platform                        partly_ready
ready             rejoin    platform                        ready
on_my_way         rejoin    platform                        on_my_way
here              rejoin    platform                        here
partly_collected  rejoin    platform                        partly_collected
expired           rejoin    platform                        expired
requested         end       platform                        collected
escalated         end       platform                        collected
accepted          end       platform                        collected
picking           end       platform                        collected
short             end       platform                        collected
partly_ready      end       platform                        collected
ready             end       platform                        collected
on_my_way         end       platform                        collected
here              end       platform                        collected
partly_collected  end       platform                        collected
expired           end       platform                        collected
short             bring     shopper,staff,manager           transfer
transfer          dispatch  staff,manager                   inbound
inbound           receive   staff,manager                   received
transfer          call_off  shopper,staff,manager           short
short             substitute shopper,staff,manager          substituting
substituting      exchange  platform                        short
substituting      call_off  platform                        short
substituting      cancel    platform                        cancelled
substituting      move      platform                        requested
substituting      correct   platform                        substituting
substituting      rejoin    platform                        substituting
substituting      end       platform                        collected
substituting      promise   shopper,staff,manager,platform  substituting
short             ship      shopper,staff,manager           sending
sending           shipped   platform                        ready
sending           call_off  platform                        short
sending           cancel    platform                        cancelled
sending           move      platform                        requested
sending           correct   platform                        sending
sending           rejoin    platform                        sending
sending           end       platform                        collected
sending           promise   shopper,staff,manager,platform  sending
transfer          pack      staff,manager                   ready
inbound           pack      staff,manager                   ready
received          pack      staff,manager                   ready
received          miss      staff,manager                   short
transfer          hand_over staff,manager                   transfer
inbound           hand_over staff,manager                   inbound
received          hand_over staff,manager                   received
transfer          cancel    shopper,staff,manager,platform  cancelled
inbound           cancel    manager,platform                cancelled
received          cancel    manager,platform                cancelled
transfer          move      platform                        requested
transfer          correct   platform                        transfer
transfer          rejoin    platform                        transfer
transfer          end       platform                        collected
transfer          promise   shopper,staff,manager,platform  transfer
inbound           move      platform                        requested
inbound           correct   platform                        inbound
inbound           rejoin    platform                        inbound
inbound           end       platform                        collected
inbound           promise   shopper,staff,manager,platform  inbound
received          move      platform                        requested
received          correct   platform                        received
received          rejoin    platform                        received
received          end       platform                        collected
received          promise   shopper,staff,manager,platform  received
"""
ALLOWED = {
    (row[0], row[1], actor): row[3]
    for row in (text.split() for text in TABLE.split("\n") if text)
    for actor in row[2].split(",")
}
EVERY = sorted(product(State, Act, Actor))


def how(act: Act, actor: Actor) -> How:
    """Enough for any act to be possible where the table lets it be."""
    return How(
        by=f"{actor}:7",
        at=AT,
        why="other",
        units={71: 1} if act in (Act.MISS, Act.REJOIN, Act.RECEIVE) else None,
        location_id=32 if act is Act.MOVE else None,
        note="bay 3",
        until=AT - timedelta(minutes=5) if act is Act.PROMISE else None,
        told=(
            FulfillmentLine(71, 501, "Gyokuro", "GYO", 3, 3),
            FulfillmentLine(72, 502, "Sencha", "SEN", 1, 1),
        ),
    )


@pytest.mark.parametrize(("state", "act", "actor"), EVERY)
def test_what_is_done_to_a_pickup_is_what_the_table_says(
    state: State, act: Act, actor: Actor
) -> None:
    before = pickup_in(state)
    end = ALLOWED.get((state.value, act.value, actor.value))
    if end is None:
        assert not life.may(before, act, f"{actor}:7")
        with pytest.raises((InvalidTransition, Denied)) as caught:
            life.done(before, act, how(act, actor))
        if actor is Actor.STAFF and (state.value, act.value, "manager") in ALLOWED:
            assert caught.value.code == "manager_needed"
        else:
            assert isinstance(caught.value, InvalidTransition)
            assert (caught.value.state, caught.value.wanted) == (state, act)
    elif end == "!":
        with pytest.raises(RuleBroken):
            life.done(before, act, how(act, actor))
    else:
        after = life.done(before, act, how(act, actor))
        assert (after.state, after.version) == (State(end), before.version + 1)
        assert after.changed_at == (AT if end != state else before.changed_at)
    assert before == pickup_in(state)


def test_terminal_states_are_left_by_no_way() -> None:
    assert TERMINAL == (State.COLLECTED, State.SENT, State.RESTOCKED, State.CANCELLED)
    assert {start for way in WAYS for start in way.starts} == set(OPEN)
    assert set(PHASES) == set(State)


def test_no_two_rows_say_different_things_of_the_same_case() -> None:
    cases = [(start, way.act, who) for way in WAYS for start in way.starts for who in way.who]
    assert len(cases) == len(set(cases))


@pytest.mark.parametrize("act", [Act.ACCEPT, Act.PICK, Act.PACK, Act.ARRIVE, Act.HAND_OVER])
def test_an_order_on_hold_is_not_worked_on(act: Act) -> None:
    start = next(State(state) for state, each, _ in ALLOWED if each == act)
    with pytest.raises(RuleBroken) as caught:
        life.done(replace(pickup_in(start), held=True), act, how(act, Actor.STAFF))
    assert caught.value.code == "pickup_held"


def test_a_shopper_extends_once_and_staff_as_often_as_they_like() -> None:
    once = life.done(pickup_in(State.READY), Act.EXTEND, How("shopper", AT))
    assert once.expires_at == AT + 3 * DAY
    with pytest.raises(RuleBroken) as caught:
        life.done(once, Act.EXTEND, How("shopper", AT))
    assert caught.value.code == "extension_limit"
    assert life.done(once, Act.EXTEND, How("staff:7", AT)).expires_at == AT + 6 * DAY


@pytest.mark.parametrize(
    ("state", "act", "code"),
    [(State.REQUESTED, Act.ESCALATE, "not_late"), (State.READY, Act.EXPIRE, "not_expired")],
)
def test_a_clock_that_goes_off_too_early_does_nothing(state: State, act: Act, code: str) -> None:
    later = replace(pickup_in(state), expires_at=AT + DAY, escalates_at=AT + DAY)
    with pytest.raises(RuleBroken) as caught:
        life.done(later, act, How("timer", AT))
    assert caught.value.code == code


def test_clocks_run_only_where_their_act_is_possible() -> None:
    running = {state: set(life.timers(pickup_in(state))) for state in State}
    assert {state for state, clocks in running.items() if Clock.ESCALATE in clocks} == {
        State.REQUESTED
    }
    assert {state for state, clocks in running.items() if Clock.EXPIRE in clocks} == {
        State.PARTLY_READY,
        State.READY,
        State.ON_MY_WAY,
        State.PARTLY_COLLECTED,
    }


def test_who_stands_at_the_counter_is_served_however_late() -> None:
    with pytest.raises(InvalidTransition):
        life.done(pickup_in(State.HERE), Act.EXPIRE, How("timer", AT))


def test_the_time_to_collect_starts_with_the_first_goods_at_the_counter() -> None:
    first = life.done(pickup_in(State.PICKING), Act.PACK, How("staff:7", AT, units={72: 1}))
    assert (first.state, first.expires_at) == (State.PARTLY_READY, AT + 7 * DAY)
    later = life.done(first, Act.PACK, How("staff:7", AT + DAY))
    assert (later.state, later.expires_at) == (State.READY, AT + 7 * DAY)


def test_a_part_is_packed_handed_over_and_the_rest_follows() -> None:
    pickup = pickup_in(State.ACCEPTED)
    for act, units, state in [
        (Act.PACK, {71: 2}, State.PARTLY_READY),
        (Act.HAND_OVER, {71: 1}, State.PARTLY_COLLECTED),
        (Act.PACK, {71: 1, 72: 1}, State.PARTLY_COLLECTED),
        (Act.HAND_OVER, None, State.COLLECTED),
    ]:
        pickup = life.done(pickup, act, How("staff:7", AT, units=units))
        assert pickup.state is state
    assert [(line.packed, line.collected) for line in pickup.lines] == [(3, 3), (1, 1)]


@pytest.mark.parametrize(
    ("act", "units", "code"),
    [
        (Act.PACK, {71: 4}, "units_too_many"),
        (Act.PACK, {99: 1}, "line_unknown"),
        (Act.PACK, {71: 0}, "units_malformed"),
        (Act.PACK, {}, "units_none"),
        (Act.MISS, None, "units_malformed"),
        (Act.MISS, {71: 4}, "units_too_many"),
    ],
)
def test_no_more_is_counted_than_there_is(
    act: Act, units: dict[int, int] | None, code: str
) -> None:
    with pytest.raises((RuleBroken, BadInput)) as caught:
        life.done(pickup_in(State.PICKING), act, How("staff:7", AT, units=units))
    assert caught.value.code == code


def test_what_is_missing_is_found_awaited_or_dropped() -> None:
    short = life.done(pickup_in(State.READY), Act.MISS, How("staff:7", AT, units={71: 2}))
    assert (short.state, counts(short)) == (State.SHORT, [(1, 2, 0), (1, 0, 0)])
    found = life.done(short, Act.PACK, How("staff:7", AT, units={71: 2}))
    assert (found.state, counts(found)) == (State.READY, [(3, 0, 0), (1, 0, 0)])
    awaited = life.done(short, Act.WAIT, How("shopper", AT))
    assert (awaited.state, counts(awaited)) == (State.PARTLY_READY, [(1, 0, 0), (1, 0, 0)])
    dropped = life.done(short, Act.DROP, How("shopper", AT))
    assert (dropped.state, counts(dropped)) == (State.READY, [(1, 0, 2), (1, 0, 0)])


def test_an_order_of_which_nothing_is_found_ends_with_the_last_line_dropped() -> None:
    none = life.done(pickup_in(State.PICKING), Act.MISS, How("staff:7", AT, units={71: 3, 72: 1}))
    assert life.done(none, Act.DROP, How("shopper", AT)).state is State.CANCELLED


def test_managers_may_all_that_staff_may_and_cancel_what_was_put_aside() -> None:
    more = {
        (state, act)
        for (state, act, actor) in ALLOWED
        if actor == "manager" and (state, act, "staff") not in ALLOWED
    }
    assert {act for _, act in more} == {"cancel"}
    assert {state for state, _ in more} == {
        state
        for state in OPEN
        if state not in (*EARLY, State.SHORT, State.TRANSFER, *AT_THE_PLATFORM)
    }
    staff = {(state, act) for state, act, actor in ALLOWED if actor == "staff"}
    assert all((state, act, "manager") in ALLOWED for state, act in staff)


def test_what_is_packed_is_ready_for_itself_and_the_rest_is_owed_elsewhere() -> None:
    part = life.done(pickup_in(State.PARTLY_READY), Act.SPLIT, How("staff:7", AT))
    assert (part.state, counts(part)) == (State.READY, [(2, 0, 1), (0, 0, 1)])
    assert not part.covers_order
    again = life.done(part, Act.REJOIN, How("platform", AT, units={71: 1, 72: 1}))
    assert (again.state, counts(again)) == (State.PARTLY_READY, [(2, 0, 0), (0, 0, 0)])
    heard = How("platform", AT, told=(told(71, total=2, left=2),))
    assert life.done(part, Act.CORRECT, heard).lines == part.lines


def test_cancelling_the_rest_of_what_was_partly_collected_leaves_it_collected() -> None:
    after = life.done(pickup_in(State.PARTLY_COLLECTED), Act.CANCEL, How("manager:7", AT))
    assert (after.state, counts(after)) == (State.COLLECTED, [(1, 0, 2), (0, 0, 1)])


def test_a_move_puts_the_goods_back_and_gives_the_new_store_time() -> None:
    moved = life.done(pickup_in(State.READY), Act.MOVE, How("platform", AT, location_id=32))
    assert (moved.location_id, moved.state, counts(moved)) == (
        32,
        State.REQUESTED,
        [(0, 0, 0), (0, 0, 0)],
    )
    assert (moved.expires_at, moved.escalates_at) == (None, AT + timedelta(minutes=15))


def counts(pickup: Pickup) -> list[tuple[int, int, int]]:
    return [(line.packed, line.missing, line.dropped) for line in pickup.lines]


def told(line_id: int, *, total: int | None, left: int) -> FulfillmentLine:
    return FulfillmentLine(line_id, 501, "Gyokuro", "GYO", left, total)


@pytest.mark.parametrize(
    ("lines", "state", "after"),
    [
        # as it was; also when the platform was not asked for totals
        ([told(71, total=3, left=3), told(72, total=1, left=1)], State.READY, [3, 1]),
        ([told(71, total=None, left=3), told(72, total=None, left=1)], State.READY, [3, 1]),
        # one unit was refunded, then the whole line
        ([told(71, total=2, left=2), told(72, total=1, left=1)], State.READY, [2, 1]),
        ([told(72, total=1, left=1)], State.READY, [0, 1]),
        ([], State.CANCELLED, [0, 0]),
        # another unit was added to a line; another line was added
        ([told(71, total=4, left=4), told(72, total=1, left=1)], State.PARTLY_READY, [4, 1]),
        (
            [told(71, total=3, left=3), told(72, total=1, left=1), told(73, total=1, left=1)],
            State.PARTLY_READY,
            [3, 1, 1],
        ),
        # a part was handed over elsewhere, then all of it
        ([told(71, total=3, left=1), told(72, total=1, left=1)], State.PARTLY_COLLECTED, [3, 1]),
        ([told(71, total=3, left=0), told(72, total=1, left=0)], State.COLLECTED, [3, 1]),
    ],
)
def test_an_edited_order_changes_its_pickup_the_same_way(
    lines: list[FulfillmentLine], state: State, after: list[int]
) -> None:
    how = How("platform", AT, told=tuple(lines))
    corrected = life.done(pickup_in(State.READY), Act.CORRECT, how)
    assert (corrected.state, [line.asked for line in corrected.lines]) == (state, after)
    if corrected.open:
        again = life.done(corrected, Act.CORRECT, how)
        assert again.lines == corrected.lines


def test_what_we_dropped_stays_dropped_until_the_platform_has_heard_of_it() -> None:
    short = life.done(pickup_in(State.READY), Act.MISS, How("staff:7", AT, units={71: 1}))
    dropped = life.done(short, Act.DROP, How("shopper", AT))
    late = How("platform", AT, told=(told(71, total=3, left=3), told(72, total=1, left=1)))
    assert life.done(dropped, Act.CORRECT, late).lines == dropped.lines
    heard = How("platform", AT, told=(told(71, total=2, left=2), told(72, total=1, left=1)))
    assert life.done(dropped, Act.CORRECT, heard).lines == dropped.lines


def test_the_header_is_derived_from_the_lines() -> None:
    whole = PickupLine(71, None, "Gift wrap", "", 2, packed=2)
    assert header(Stage.PICKING, (whole,)) is State.READY
    assert header(Stage.EXPIRED, (whole,)) is State.EXPIRED
    assert header(Stage.PICKING, (replace(whole, packed=1),)) is State.PARTLY_READY
    assert header(Stage.HERE, (replace(whole, collected=1),)) is State.HERE
    assert header(Stage.HERE, (replace(whole, collected=2),)) is State.COLLECTED
    assert header(Stage.HERE, (replace(whole, packed=0),)) is State.PICKING
    assert header(Stage.REQUESTED, ()) is State.REQUESTED


@pytest.mark.parametrize(("reason", "actor"), sorted(product([*REASONS, "bored"], Actor)))
def test_a_reason_is_taken_from_whom_the_table_names(reason: str, actor: Actor) -> None:
    if actor in REASONS.get(reason, ()):
        assert reason_for(reason, actor.value) == reason
    else:
        with pytest.raises(BadInput):
            reason_for(reason, actor.value)


def test_an_actor_that_is_in_no_table_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="stranger"):
        life.done(pickup_in(State.READY), Act.HAND_OVER, How("stranger", AT))
