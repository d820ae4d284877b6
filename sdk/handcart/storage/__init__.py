"""Where everything is kept: one database, one writer, one transaction per use case."""

from __future__ import annotations

from . import attempts as attempts
from .database import Database as Database
from .news import tell as tell
from .outbox import Task as Task
from .outbox import add_task as add_task
from .outbox import caused_by as caused_by
from .outbox import record as record
from .types import UtcDateTime as UtcDateTime
from .types import metadata as metadata

__all__ = [
    "Database",
    "Task",
    "UtcDateTime",
    "add_task",
    "attempts",
    "caused_by",
    "metadata",
    "record",
    "tell",
]
