"""What the platform calls: webhooks received once, kept, and turned into what the rooms know."""

from __future__ import annotations

from .engine import Engine as Engine
from .envelope import Envelope as Envelope
from .receive import Receiver as Receiver
from .receive import Refusal as Refusal

__all__ = ["Engine", "Envelope", "Receiver", "Refusal"]
