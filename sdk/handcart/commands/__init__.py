"""Commands about installations: one module each, joined to the command line by ``cli.py``."""

from __future__ import annotations

from .doctor import doctor
from .privacy import privacy
from .sync import sync
from .tokens import tokens

COMMANDS = (doctor, privacy, sync, tokens)

__all__ = ["COMMANDS"]
