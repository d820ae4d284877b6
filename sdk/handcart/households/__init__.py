"""A household: customers who fill one cart together; one of them owns it, and pays."""

from __future__ import annotations
