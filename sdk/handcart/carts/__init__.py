"""Carts that follow the shopper: one cart of ours, many platform carts that show it."""

from __future__ import annotations
