from __future__ import annotations

import pytest

from handcart.errors import BadInput
from handcart.localshop.faults import Faults, Rule


def strikes(faults: Faults, topic: str, times: int) -> list[bool]:
    return [bool(faults.strike(topic)) for _ in range(times)]


def test_without_rules_nothing_goes_wrong() -> None:
    assert strikes(Faults(), "orders/create", 20) == [False] * 20


def test_the_same_seed_has_the_same_bad_luck_and_another_seed_has_another() -> None:
    def run(seed: int) -> list[bool]:
        faults = Faults(seed=seed)
        faults.add("drop", probability=0.5)
        return strikes(faults, "orders/create", 200)

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 70 < sum(run(1)) < 130


def test_the_luck_of_one_topic_does_not_depend_on_the_others() -> None:
    alone, beside = Faults(seed=3), Faults(seed=3)
    for faults in (alone, beside):
        faults.add("drop", probability=0.5)
    mixed = []
    for _ in range(50):
        beside.strike("carts/update")
        mixed.append(bool(beside.strike("orders/create")))
    assert mixed == strikes(alone, "orders/create", 50)


def test_a_rule_strikes_its_topics_only_and_so_often_as_it_says() -> None:
    faults = Faults()
    faults.add("duplicate", topic="orders/*", times=2)
    assert strikes(faults, "carts/update", 3) == [False] * 3
    assert strikes(faults, "orders/create", 4) == [True, True, False, False]
    assert [rule.times for rule in faults.rules] == [0]


def test_replacing_the_rules_begins_the_count_again() -> None:
    faults = Faults(seed=1)
    rule = Rule(fault="drop", probability=0.5)
    faults.replace([rule], seed=9)
    first = strikes(faults, "orders/create", 30)
    faults.replace([rule])
    assert strikes(faults, "orders/create", 30) == first
    faults.clear()
    assert faults.rules == ()


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule(fault="explode"), "unknown_fault"),
        (Rule(fault="drop", probability=1.5), "probability_out_of_range"),
        (Rule(fault="drop", times=-1), "fault_out_of_range"),
        (Rule(fault="duplicate", copies=0), "fault_out_of_range"),
        (Rule(fault="delay", seconds=-1), "fault_out_of_range"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: Rule, code: str) -> None:
    faults = Faults()
    with pytest.raises(BadInput) as refused:
        faults.put(rule)
    assert refused.value.code == code
    assert faults.rules == ()
