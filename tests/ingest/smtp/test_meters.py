"""What the receiver counts."""

import pytest
from prometheus_client import REGISTRY

from ingest import meters
from tests.ingest.smtp.conftest import StartServer
from tests.ingest.smtp.dialogue import Server

MAIL = b"List-Id: <widgets.example.org>\r\nMessage-ID: <1@example.org>\r\nSubject: x\r\n\r\nx\r\n"


def received(list_id: str, answer: str) -> float:
    labels = {"list": list_id, "answer": answer}
    return REGISTRY.get_sample_value("patchlog_mails_received_total", labels) or 0.0


def value(name: str) -> float:
    found = REGISTRY.get_sample_value(name)
    assert found is not None
    return found


def test_a_mail_is_counted_by_its_list_and_answer(server: Server) -> None:
    before = received("widgets.example.org", "250"), value("patchlog_mail_size_bytes_sum")
    appended = value("patchlog_log_append_seconds_count")
    assert server.connect().greet().send(MAIL).startswith("250 ")
    assert received("widgets.example.org", "250") == before[0] + 1
    assert value("patchlog_mail_size_bytes_sum") == before[1] + len(MAIL)
    assert value("patchlog_log_append_seconds_count") == appended + 1


def test_a_mail_without_list_and_one_that_is_too_large_are_counted_too(start: StartServer) -> None:
    server = start(size_max_bytes=100)
    before = received("none", "250"), received("none", "552")
    client = server.connect().greet()
    assert client.send(b"x\r\n").startswith("250 ")
    assert client.send(b"x" * 200 + b"\r\n").startswith("552 ")
    assert (received("none", "250"), received("none", "552")) == (before[0] + 1, before[1] + 1)


def test_a_mail_that_the_log_refuses_is_counted_as_deferred(server: Server) -> None:
    before = received("widgets.example.org", "451")
    client = server.connect().greet()
    server.log.close()
    assert client.send(MAIL).startswith("451 ")
    assert received("widgets.example.org", "451") == before + 1


def test_only_so_many_lists_have_a_name_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "_lists", set())
    monkeypatch.setattr(meters, "_known", {})
    before = received("other", "250")
    for number in range(meters.LISTS_MAX + 50):
        meters.count_answer(f"{number}.example.org", "250 2.0.0 Recorded as 7")
    assert received("other", "250") == before + 50
    assert len(meters._known) == meters.LISTS_MAX
