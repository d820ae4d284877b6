"""A device and the customer who is signed in on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Device:
    """One browser, as long as one person uses it; ``ended`` once somebody signed out of it."""

    device_id: str
    customer_id: int | None
    ended: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is here now. ``left`` is true when somebody else was here before and has to be forgotten.

    ``device_id`` is None for a stranger of whom nothing needs to be kept.
    """

    device_id: str | None
    customer_id: int | None
    left: bool

    @property
    def owner(self) -> str | None:
        """Whose cart this is about: the customer's, else the device's own."""
        if self.customer_id is not None:
            return customer_owner(self.customer_id)
        return device_owner(self.device_id) if self.device_id else None


def someone_left(device: Device | None, customer_id: int | None) -> bool:
    """Whether the device was used by a customer who is not the one here now.

    A device that ended and is shown again by a guest is one that never heard of the sign-out.
    """
    if device is None or device.customer_id is None:
        return False
    return device.customer_id != customer_id


def may_stay(device: Device | None, customer_id: int | None) -> bool:
    """Whether the device keeps its name: nobody left it."""
    return device is not None and not device.ended and not someone_left(device, customer_id)


def customer_owner(customer_id: int) -> str:
    return f"customer:{customer_id}"


def device_owner(device_id: str) -> str:
    return f"device:{device_id}"
