"""Traces of what happens to a mail or a request, for OpenTelemetry; nothing where nobody asked for them.

What asks for them are OpenTelemetry's own environment variables: `OTEL_TRACES_EXPORTER=otlp`, or an endpoint. Only then
is the library loaded. Spans wait in a queue that has an end, and a thread of the library's sends them; where that
fails, or does not keep up, spans are lost and nothing else is.

A record carries the `traceparent` (W3C Trace Context) of the span that it was made in, so that whoever reads it, in
another process and later, goes on with that trace.
"""

import logging
import os
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

import structlog

from schemas.fact import Fact
from schemas.records import MailReceived

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span as LibrarySpan
    from opentelemetry.trace import Tracer

EXPORTERS = "OTEL_TRACES_EXPORTER"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
DISABLED = "OTEL_SDK_DISABLED"
SERVICE = "OTEL_SERVICE_NAME"
STOP_SECONDS = 2.0
"""How long spans that wait may take to be sent when the process ends."""
TEXT_MAX = 256
"""Characters of an attribute: mail may say anything, at any length."""
LIBRARY = "opentelemetry"

_logger = structlog.get_logger(__name__)

Value = str | int | bool | None


class Span(Protocol):
    """A piece of work that is traced, or is not: a context manager, which ends it."""

    @property
    def traceparent(self) -> str:
        """What names it to others (W3C Trace Context); "" where it is not traced."""
        ...

    def set(self, **attributes: Value) -> None:
        """Say something of it, as `patchlog.NAME`, or as NAME where that has a full stop; None says nothing."""
        ...

    def rename(self, name: str) -> None: ...

    def fail(self, why: str) -> None:
        """Say that it went wrong on our side."""
        ...

    def child(self, name: str, kind: str = "internal") -> "Span":
        """Begin a part of it."""
        ...

    def __enter__(self) -> "Span": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Untraced:
    """What stands for a span where nothing is traced."""

    traceparent = ""

    def set(self, **attributes: Value) -> None:
        pass

    def rename(self, name: str) -> None:
        pass

    def fail(self, why: str) -> None:
        pass

    def child(self, name: str, kind: str = "internal") -> Span:
        return self

    def __enter__(self) -> Span:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


UNTRACED: Span = _Untraced()
_provider: "TracerProvider | None" = None
_tracer: "Tracer | None" = None


def is_traced() -> bool:
    """Whether anything is traced in this process."""
    return _tracer is not None


def start_tracing(part: str, environment: Mapping[str, str] = os.environ) -> None:
    """Trace what this process does, if the environment asks for it; part: "ingest", "projector" or "api".

    What is wrong with what it asks for is said in one line, and then nothing is traced: no mail waits for that.
    """
    if is_traced() or not is_asked_for(environment):
        return
    if why_not := _refusal(environment):
        _logger.warning("nothing is traced", why=why_not)
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        _logger.warning("nothing is traced", why="OpenTelemetry is not installed: pip install patchlog[tracing]")
        return
    _hear_of_losses()
    try:
        trace_with(BatchSpanProcessor(OTLPSpanExporter()), environment.get(SERVICE) or f"patchlog-{part}")
    except Exception as error:  # whatever the library finds wrong with its settings
        _logger.warning("nothing is traced", why=f"{type(error).__name__}: {error}")


def is_asked_for(environment: Mapping[str, str]) -> bool:
    """Whether the environment names an exporter of traces or, without that, where they are to be sent."""
    if environment.get(DISABLED, "").strip().lower() == "true":
        return False
    exporter = environment.get(EXPORTERS, "").strip()
    return exporter != "none" if exporter else any(environment.get(name) for name in ENDPOINTS)


def _refusal(environment: Mapping[str, str]) -> str:
    exporter = environment.get(EXPORTERS, "").strip() or "otlp"
    if exporter != "otlp":
        return f"{EXPORTERS}: expected otlp or none, came {exporter!r}"
    for name in PROTOCOLS:
        if protocol := environment.get(name, "").strip():
            return "" if protocol == PROTOCOL else f"{name}: expected {PROTOCOL}, came {protocol!r}"
    return ""


def trace_with(processor: "SpanProcessor", service: str) -> None:
    """Trace from now on, and give spans to a processor. service names who says so."""
    global _provider, _tracer
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    _provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    _provider.add_span_processor(processor)
    _tracer = _provider.get_tracer("patchlog")


def stop_tracing() -> None:
    """Trace no more, and send what waits: at most STOP_SECONDS, whoever does not answer."""
    global _provider, _tracer
    provider, _provider, _tracer = _provider, None, None
    if provider is not None:
        sending = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(STOP_SECONDS)


def begin_trace(name: str, kind: str) -> Span:
    """Begin a trace of its own with a span; kind: "server", "producer", "consumer" or "internal"."""
    if _tracer is None:
        return UNTRACED
    from opentelemetry.context import Context

    return _begin(name, kind, Context())


def go_on(name: str, kind: str, traceparent: str, tracestate: str = "") -> Span:
    """Begin a span of the trace that a `traceparent` names; nothing where that is "" or names none."""
    if _tracer is None or not traceparent:
        return UNTRACED
    context = _context_of(traceparent, tracestate)
    return _begin(name, kind, context) if context is not None else UNTRACED


def answer_trace(name: str, traceparent: str, tracestate: str) -> Span:
    """Begin a span for somebody's request: of the trace that it names, or else of one of its own."""
    if _tracer is None:
        return UNTRACED
    span = go_on(name, "server", traceparent, tracestate)
    return begin_trace(name, "server") if span is UNTRACED else span


def now_ns() -> int:
    """When something begins that `tell` is told of when it is over, in nanoseconds since 1970; 0 where not traced."""
    return time.time_ns() if _tracer is not None else 0


def tell(name: str, kind: str, traceparent: str, begun_ns: int, **attributes: Value) -> None:
    """Add a span, which began then and ends now, to the trace that a `traceparent` names."""
    context = _context_of(traceparent, "") if _tracer is not None else None
    if context is not None:
        with _begin(name, kind, context, begun_ns) as span:
            span.set(**attributes)


def traceparent_of(fact: Fact) -> str:
    """The `traceparent` that a record carries: its own, or that of the request that asked for it; "" for none."""
    if isinstance(fact, MailReceived):
        return fact.traceparent
    request = getattr(fact, "request", None)
    return "" if request is None else str(request.traceparent)


def _begin(name: str, kind: str, context: "Context", begun_ns: int | None = None) -> Span:
    from opentelemetry.trace import SpanKind

    assert _tracer is not None
    return _Traced(_tracer.start_span(name, context, SpanKind[kind.upper()], start_time=begun_ns))


def _context_of(traceparent: str, tracestate: str) -> "Context | None":
    from opentelemetry.context import Context
    from opentelemetry.trace import get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = {"traceparent": traceparent, "tracestate": tracestate}
    context = TraceContextTextMapPropagator().extract(carrier, Context())
    return context if get_current_span(context).get_span_context().is_valid else None


class _Traced:
    """A span of the library's. Where the sampler left it out, it names itself to nobody."""

    def __init__(self, span: "LibrarySpan") -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        place = self._span.get_span_context()
        if not self._span.is_recording() or not place.trace_flags.sampled:
            return ""
        return f"00-{place.trace_id:032x}-{place.span_id:016x}-{place.trace_flags:02x}"

    def set(self, **attributes: Value) -> None:
        said = {name: _plain(value) for name, value in attributes.items() if value is not None}
        self._span.set_attributes({name if "." in name else f"patchlog.{name}": said[name] for name in said})

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, why: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_status(StatusCode.ERROR, why)

    def child(self, name: str, kind: str = "internal") -> Span:
        from opentelemetry.context import Context
        from opentelemetry.trace import set_span_in_context

        return _begin(name, kind, set_span_in_context(self._span, Context())) if _tracer is not None else UNTRACED

    def __enter__(self) -> Span:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.fail(kind.__name__)
        self._span.end()


def _plain(value: str | int | bool) -> str | int | bool:
    """Mail may say what cannot be sent (halves of surrogates)."""
    return value[:TEXT_MAX].encode(errors="replace").decode() if isinstance(value, str) else value


class _Journal(logging.Handler):
    """Says what the library says in our journal, in one line each."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        _logger.warning("spans not sent", why=f"{record.getMessage()} {error or ''}".strip().splitlines()[0])


def _hear_of_losses() -> None:
    library = logging.getLogger(LIBRARY)
    library.setLevel(logging.WARNING)
    library.getChild("exporter").setLevel(logging.ERROR)  # of tries that are followed by others nobody need hear
    library.propagate = False
    library.handlers = [_Journal()]
