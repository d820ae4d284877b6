"""The local platform: a Shopify-compatible shop on this machine, no account, no internet."""

from __future__ import annotations
