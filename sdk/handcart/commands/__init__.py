"""Commands about installations: one module each, joined to the command line by ``cli.py``."""

from __future__ import annotations

from .tokens import tokens

COMMANDS = (tokens,)

__all__ = ["COMMANDS"]
