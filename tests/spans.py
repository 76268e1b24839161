"""Traces into memory, for tests that look at spans."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ingest.tracing import stop_tracing, trace_with


class Spans:
    """The spans that have ended."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        (span,) = self.named(name)
        return span

    def names(self) -> list[str]:
        return [span.name for span in self._exporter.get_finished_spans()]


@contextmanager
def spans_kept() -> Iterator[Spans]:
    """Trace into memory in this process."""
    exporter = InMemorySpanExporter()
    trace_with(SimpleSpanProcessor(exporter), "tests")
    try:
        yield Spans(exporter)
    finally:
        stop_tracing()


def said(span: ReadableSpan, name: str) -> object:
    """What a span says under a name of ours."""
    return (span.attributes or {}).get(f"patchlog.{name}")


def trace_id(span: ReadableSpan) -> int:
    return span.get_span_context().trace_id


def is_child(span: ReadableSpan, parent: ReadableSpan) -> bool:
    """Whether a span names another as its parent, in one trace."""
    named, place = span.parent, parent.get_span_context()
    return named is not None and (named.trace_id, named.span_id) == (place.trace_id, place.span_id)
