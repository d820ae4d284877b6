"""Mails to shoppers whose goods wait: when they go, by which server, and that each goes once."""

from __future__ import annotations

from .model import PickupMail as PickupMail
from .model import WatchMail as WatchMail
from .model import WatchWriter as WatchWriter
from .model import Writer as Writer
from .model import Written as Written

__all__ = ["PickupMail", "WatchMail", "WatchWriter", "Writer", "Written"]
