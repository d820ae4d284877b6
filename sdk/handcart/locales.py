"""How a language is named, by platform and browsers alike (BCP 47): ``fa``, ``es-MX``."""

from __future__ import annotations

import re

LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,2}")
