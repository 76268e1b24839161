"""The spans of a mail on its way in, and what its record tells of them."""

import pytest

from ingest.log import LogUnavailable
from ingest.log.codec import Codec
from schemas.records import MailReceived
from tests.ingest.smtp.conftest import StartServer
from tests.ingest.smtp.dialogue import Server
from tests.spans import is_child, said, spans_kept, trace_id

MAIL = b"List-Id: <widgets.example.org>\r\nMessage-ID: <1@example.org>\r\nSubject: x\r\n\r\nx\r\n"


def received(server: Server) -> list[MailReceived]:
    return [record.fact for record in server.log.read(0) if isinstance(record.fact, MailReceived)]


def test_receipt_is_a_trace_that_the_record_names(server: Server) -> None:
    with spans_kept() as spans:
        client = server.connect().greet()
        answers = [client.send(MAIL), client.send(MAIL)]
        assert client.say(b"QUIT\r\n").startswith("221")
    first, second = spans.named("receive")
    assert trace_id(first) != trace_id(second)
    for span, append, fact, answer in zip(
        (first, second), spans.named("append"), received(server), answers, strict=True
    ):
        assert is_child(append, span) and span.parent is None
        place = span.get_span_context()
        assert fact.traceparent == f"00-{place.trace_id:032x}-{place.span_id:016x}-{place.trace_flags:02x}"
        assert [said(span, name) for name in ("message_id", "list", "bytes", "answer")] == [
            "1@example.org", "widgets.example.org", len(MAIL), "250",
        ]  # fmt: skip
        assert answer.endswith(f"as {said(append, 'record')}")


def test_nothing_of_it_is_recorded_where_nothing_is_traced(server: Server) -> None:
    assert server.connect().greet().send(MAIL).startswith("250 ")
    (fact,) = received(server)
    assert fact.traceparent == "" and b"traceparent" not in Codec().pack(fact).body
    assert fact == Codec().unpack(1, Codec().seal(Codec().pack(fact), fact.received_at)).fact


def test_mail_that_is_deferred_or_too_large_has_a_span_too(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start(size_max_bytes=200)

    def refuse(facts: object) -> None:
        raise LogUnavailable("away")

    with spans_kept() as spans:
        client = server.connect().greet()
        assert client.send(b"x" * 300 + b"\r\n").startswith("552 ")
        monkeypatch.setattr(server.log, "submit", refuse)
        assert client.send(MAIL).startswith("451 ")
    assert [said(span, "answer") for span in spans.named("receive")] == ["552", "451"]
    assert [span.status.is_ok for span in spans.named("append")] == [False]
