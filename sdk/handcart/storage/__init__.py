"""Where everything is kept: one database, one writer, one transaction per use case."""

from __future__ import annotations

from . import attempts as attempts
from .database import Database as Database
from .news import tell as tell
from .outbox import Task as Task
from .outbox import add_task as add_task
from .outbox import add_tasks as add_tasks
from .outbox import caused_by as caused_by
from .outbox import new_task as new_task
from .outbox import record as record
from .types import UtcDateTime as UtcDateTime
from .types import metadata as metadata

__all__ = [
    "Database",
    "Task",
    "UtcDateTime",
    "add_task",
    "add_tasks",
    "attempts",
    "caused_by",
    "metadata",
    "new_task",
    "record",
    "tell",
]
