"""Which stores a shopper means: by how far they are, or by a postcode or a town. No I/O.

Where a shopper is comes rounded to about a kilometre, and is rounded again here: nothing finer is
ever worked with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from ..errors import BadInput
from ..stock import Place

_EARTH_KM = 6371.0
_DECIMALS = 2
_WORD = re.compile(r"\w+")


class Point(NamedTuple):
    """Degrees of latitude and longitude, with two decimals."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Sought:
    """What the shopper said: ``near`` a point, or what ``find`` names, or neither; ``chosen`` is
    the location of the store that they chose before.
    """

    near: Point | None = None
    find: str = ""
    chosen: int | None = None


def point(latitude: float, longitude: float) -> Point:
    """Rounded to two decimals; raises BadInput for what lies on no map."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise BadInput("place_malformed", "degrees of latitude and longitude")
    return Point(round(latitude, _DECIMALS), round(longitude, _DECIMALS))


def in_order(places: Sequence[Place], sought: Sought) -> list[tuple[Place, float | None]]:
    """Every place and how many kilometres away it is, None where nobody can say.

    Those that ``find`` names come first, the one that was chosen first without it; then the
    nearest, to the shopper or to the first that was found, then by name.
    """
    found = {place.location_id: likeness(sought.find, place) for place in places}
    best = max(places, key=lambda place: found[place.location_id], default=None)
    centre = sought.near
    if centre is None and best and found[best.location_id]:
        centre = where(best)
    away = {place.location_id: distance(centre, where(place)) for place in places}

    def rank(place: Place) -> tuple[float, bool, float, str]:
        number = place.location_id
        far = away[number]
        mine = centre is None and number == sought.chosen
        return -found[number], not mine, far if far is not None else _EARTH_KM * 4, place.name

    shown = {number: far if sought.near else None for number, far in away.items()}
    return [(place, shown[place.location_id]) for place in sorted(places, key=rank)]


def likeness(find: str, place: Place) -> float:
    """How well a store's name and address answer what was typed; 0 when they do not.

    Every word has to be the beginning of one of theirs. A postcode that is none of theirs still
    says something by its first two characters or more.
    """
    asked = words(find)
    if not asked:
        return 0.0
    there = words(f"{place.name} {place.address}")
    if all(any(word.startswith(each) for word in there) for each in asked):
        return 1.0
    if len(asked) == 1 and any(character.isdigit() for character in asked[0]):
        digits = (word for word in there if any(character.isdigit() for character in word))
        return max((_shared(asked[0], word) for word in digits), default=0.0)
    return 0.0


def words(text: str) -> list[str]:
    """In lower case, without accents, digits as 0 to 9 whatever the script."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(one for one in plain if not unicodedata.combining(one))
    return _WORD.findall("".join(str(unicodedata.decimal(one, one)) for one in bare))


def where(place: Place) -> Point | None:
    if place.latitude is None or place.longitude is None:
        return None
    return Point(place.latitude, place.longitude)


def distance(one: Point | None, other: Point | None) -> float | None:
    """Kilometres along the ground, by the haversine formula."""
    if one is None or other is None:
        return None
    here, there = radians(one.latitude), radians(other.latitude)
    across = radians(other.longitude - one.longitude)
    half = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(across / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, half)))


def _shared(asked: str, word: str) -> float:
    """The part of a postcode that two have in common, when their lengths agree."""
    if len(asked) != len(word) or len(word) < 3:
        return 0.0
    same = 0
    while same < len(word) and asked[same] == word[same]:
        same += 1
    return same / len(word) if same >= 2 else 0.0
