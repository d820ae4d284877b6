"""Watches: a shopper asks to be told, once, when something gets cheaper or scarce."""

from __future__ import annotations

from .model import MailKind as MailKind
from .model import Seen as Seen
from .model import Watch as Watch

__all__ = ["MailKind", "Seen", "Watch"]
