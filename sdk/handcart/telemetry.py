"""Spans around what takes time: OpenTelemetry's where an SDK is set up, else nothing at all.

``pip install 'handcart[telemetry]'`` brings the API; who collects is for the app to set up.
A span's attributes are ids, and so is what every log line within it carries. Texts of errors are
left out: they may hold anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from structlog.contextvars import bound_contextvars

try:
    from opentelemetry import trace as _otel
except ImportError:  # the extra is not installed
    _otel = None  # type: ignore[assignment]

_NO_SPAN = nullcontext()


def span(name: str, /, **ids: str) -> AbstractContextManager[None]:
    """What happens meanwhile is one span ``handcart.<name>``; it fails when an error leaves it."""
    return _span(name, ids) if is_collected() else _NO_SPAN


@contextmanager
def _span(name: str, ids: Mapping[str, str]) -> Iterator[None]:
    attributes = {f"handcart.{key}": value for key, value in ids.items()}
    with _otel.get_tracer("handcart").start_as_current_span(
        f"handcart.{name}",
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(_otel.StatusCode.ERROR, type(error).__name__)
            raise


def past_span(name: str, began: int, /, **ids: str) -> None:
    """The same for what has happened since ``began`` (``time.time_ns()``), and well."""
    if is_collected():
        attributes = {f"handcart.{key}": value for key, value in ids.items()}
        tracer = _otel.get_tracer("handcart")
        tracer.start_span(f"handcart.{name}", attributes=attributes, start_time=began).end()


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Every structured log line meanwhile, in this thread, carries these ids."""
    with bound_contextvars(**ids):
        yield


def failed(code: str) -> None:
    """The span that is open ended badly, though no error leaves it."""
    if is_collected():
        _otel.get_current_span().set_status(_otel.StatusCode.ERROR, code)


def is_collected() -> bool:
    """Whether somebody set up an SDK; without one a span would cost time and show nothing."""
    return _otel is not None and not isinstance(
        _otel.get_tracer_provider(), _otel.ProxyTracerProvider
    )
