"""What is weak about how an app is set up, each with the way out."""

from __future__ import annotations

from .finding import Finding as Finding
from .here import look_here as look_here
from .shops import look_at as look_at
from .toml import look_into as look_into

__all__ = ["Finding", "look_at", "look_here", "look_into"]
