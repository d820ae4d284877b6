"""Find the Handcart that a command line names."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

import click

from .app import Handcart

# What the commands take when none is named.
SAMPLE = "example_app:create_handcart"


def load_app(name: str) -> Handcart:
    """The Handcart that ``module:attribute`` names, or makes when it is a function."""
    module, _, attribute = name.partition(":")
    found = getattr(importlib.import_module(module), attribute or "app")
    handcart = found if isinstance(found, Handcart) else found()
    if not isinstance(handcart, Handcart):
        raise click.BadParameter(f"{name} is not a Handcart")
    return handcart


@contextmanager
def opened(name: str) -> Iterator[Handcart]:
    """The same, closed afterwards."""
    handcart = load_app(name)
    try:
        yield handcart
    finally:
        handcart.close()
