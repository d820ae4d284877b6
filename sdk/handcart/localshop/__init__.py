"""The local platform: one Shopify-compatible shop on this machine, with no account and no internet."""

from __future__ import annotations
