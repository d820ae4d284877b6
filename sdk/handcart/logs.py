"""Log lines with fields, for people or for programs: structlog around the standard library's.

Every module logs as ever (``logging.getLogger(__name__)``); what is set up here is how a line
looks. Lines hold ids and codes. A traceback for programs keeps where and what kind, and leaves
out the text of the error, which may hold anything.
"""

from __future__ import annotations

import logging
import sys
from traceback import extract_tb
from typing import IO, Any, Literal

import structlog
from structlog.typing import EventDict, Processor

Form = Literal["console", "json"]


class _Lines(logging.Handler):
    """Ours, so that configuring again replaces it and leaves those of others."""

    def __init__(self, stream: IO[str] | None) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        stream = self._stream or sys.stderr
        try:
            stream.write(self.format(record) + "\n")
            stream.flush()
        except Exception:
            self.handleError(record)


def configure(form: Form = "console", *, stream: IO[str] | None = None) -> None:
    """From now on every log line of this process goes to ``stream`` (stderr) in this form."""
    handler = _Lines(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(form, in_colour=(stream or sys.stderr).isatty()),
            ],
        )
    )
    root = logging.getLogger()
    for known in [each for each in root.handlers if isinstance(each, _Lines)]:
        root.removeHandler(known)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _rendering(form: Form, *, in_colour: bool) -> list[Processor]:
    if form == "console":
        return [structlog.dev.ConsoleRenderer(colors=in_colour)]
    return [_where_it_failed, structlog.processors.JSONRenderer(sort_keys=True)]


def _where_it_failed(logger: Any, method: str, line: EventDict) -> EventDict:
    """``error`` is the kind, ``at`` the frames, the innermost last; no text and no values."""
    found = line.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["error"] = type(error).__name__
        line["at"] = [f"{f.filename}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)]
    return line


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
