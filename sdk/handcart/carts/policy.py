"""What happens when a guest signs in and both carts hold something: the app may decide."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from .line_key import Item

log = logging.getLogger(__name__)

Rule = Literal["usual", "larger", "sum", "mine", "ask"]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two carts at a sign-in: the customer's own, and what they put in as a guest.

    ``shared`` names the lines, by key, that both have had together before.
    """

    customer_id: int
    owned: Mapping[Item, int]
    guest: Mapping[Item, int]
    shared: frozenset[str]


Policy = Callable[[Meeting], Rule]


def usual(meeting: Meeting) -> Rule:
    """The larger where a line has shared history, else the sum."""
    return "usual"


def ruled(policy: Policy, meeting: Meeting) -> Rule:
    """What the app's policy says; the usual where it fails or says something else.

    A shopper's sign-in does not wait for somebody to mend a policy.
    """
    if not meeting.owned:
        return "usual"
    try:
        rule = policy(meeting)
    except Exception:
        log.exception("the app's adoption policy failed; carts are adopted the usual way")
        return "usual"
    if rule not in get_args(Rule):
        log.error("the app's adoption policy said %r; carts are adopted the usual way", rule)
        return "usual"
    return rule
