from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from handcart.telemetry import failed, is_collected, span


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Somebody has set up an SDK that keeps every span."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield exporter
    provider.shutdown()


def test_a_span_has_a_name_and_ids_and_its_parent(collected: InMemorySpanExporter) -> None:
    with span("handle", shop="a.myshopify.com", name="orders/create"), span("call"):
        pass
    inner, outer = collected.get_finished_spans()
    assert (outer.name, inner.name) == ("handcart.handle", "handcart.call")
    assert outer.attributes == {
        "handcart.shop": "a.myshopify.com",
        "handcart.name": "orders/create",
    }
    assert inner.parent is not None and inner.parent.span_id == outer.context.span_id
    assert outer.status.status_code is trace.StatusCode.UNSET


def test_a_span_that_fails_names_the_kind_and_not_the_text(
    collected: InMemorySpanExporter,
) -> None:
    with pytest.raises(ValueError, match="mina"), span("call"):
        raise ValueError("mina@example.com")
    with span("handle"):
        failed("payload_invalid")
    raised, buried = collected.get_finished_spans()
    assert (raised.status.description, raised.events) == ("ValueError", ())
    assert buried.status.status_code is trace.StatusCode.ERROR
    assert buried.status.description == "payload_invalid"


def test_without_an_sdk_nothing_is_collected_and_all_goes_on() -> None:
    assert not is_collected()
    with span("handle", shop="a.myshopify.com"):
        failed("payload_invalid")
    with pytest.raises(ValueError, match="still"), span("call"):
        raise ValueError("still raised")


def test_without_the_extra_all_goes_on() -> None:
    program = """
import sys
sys.modules["opentelemetry"] = None
from handcart.telemetry import failed, is_collected, span
with span("handle", shop="a"):
    failed("x")
print(is_collected())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
