"""When to collect, as a file for calendars (RFC 5545)."""

from __future__ import annotations

from datetime import datetime, timedelta

from .model import PickupMail

_HOUR = timedelta(hours=1)


def calendar_of(mail: PickupMail, *, title: str, host: str) -> bytes | None:
    """One event, the same in every mail of a pickup, so that a later one replaces it.

    It is the slot; without slots the last hour for which the goods are kept. None when nobody
    waits for the shopper any more.
    """
    start, end = _when(mail)
    if start is None or end is None:
        return None
    # 4 MiB that only who sends such a mail needs.
    from icalendar import Calendar, Event

    event = Event()
    event.add("uid", f"pickup-{mail.pickup.pickup_id}@{host}")
    event.add("sequence", mail.pickup.version)
    event.add("dtstamp", mail.at)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", title)
    event.add("location", ", ".join(filter(None, (mail.place.name, mail.place.address))))
    event.add("url", mail.link)
    calendar = Calendar()
    calendar.add("prodid", "-//Handcart//Pickups//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _when(mail: PickupMail) -> tuple[datetime | None, datetime | None]:
    pickup = mail.pickup
    if not mail.kind.invites or pickup.expires_at is None or pickup.expires_at <= mail.at:
        return None, None
    if mail.slot_minutes and pickup.promised_at and pickup.promised_at > mail.at:
        return pickup.promised_at, pickup.promised_at + timedelta(minutes=mail.slot_minutes)
    return pickup.expires_at - _HOUR, pickup.expires_at
