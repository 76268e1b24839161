"""What one client may not take from the rest, said to a real receiver."""

from collections.abc import Callable

from ingest.disk import Disk
from ingest.smtp.limits import READ_BYTES, mail_memory_bytes
from tests.ingest.smtp.dialogue import Client, Server

StartServer = Callable[..., Server]
LARGE = b"x" * 78 + b"\r\n"


def test_sessions_beyond_those_of_one_client_come_again_later_and_another_client_is_served(start: StartServer) -> None:
    server = start(client_sessions_max=2)
    first = server.connect().greet()
    server.connect().greet()
    assert server.connect().hear() == "421 4.7.0 Too many sessions of yours, try again later"
    assert server.connect("127.0.0.2").greet().send(b"x\r\n").startswith("250 ")
    assert first.say(b"QUIT\r\n").startswith("221 ")
    assert first.hear() == ""
    assert server.connect().greet().send(b"x\r\n").startswith("250 ")


def test_sessions_beyond_all_come_again_later(start: StartServer) -> None:
    server = start(sessions_max=1)
    server.connect("127.0.0.2").greet()
    refused = server.connect()
    assert (refused.hear(), refused.hear()) == ("421 4.3.2 Too many sessions, try again later", "")


def test_recipients_beyond_the_limit_come_in_another_mail(start: StartServer) -> None:
    client = start(recipients_max=2).connect().greet()
    client.say(b"MAIL FROM:<s@example.org>\r\n")
    answers = [client.say(b"RCPT TO:<%d@example.org>\r\n" % number) for number in range(3)]
    assert answers == ["250 OK", "250 OK", "452 4.5.3 Too many recipients"]
    assert client.say(b"DATA\r\n").startswith("354 ")
    assert client.say(b"x\r\n.\r\n").startswith("250 ")


def test_a_client_that_is_silent_too_long_is_told_so_and_another_goes_on(start: StartServer) -> None:
    server = start(idle_seconds=2.0)
    silent, stalled = server.connect().greet(), server.connect().greet()
    stalled.announce()
    stalled.socket.sendall(b"the beginning\r\n")
    assert (silent.hear(), silent.hear()) == ("421 4.4.2 Too slow, try again later", "")
    assert (stalled.hear(), stalled.hear()) == ("421 4.4.2 Too slow, try again later", "")
    assert server.connect().greet().send(b"x\r\n").startswith("250 ")
    assert server.log.end() == 2


def test_a_mail_that_keeps_coming_has_an_end_all_the_same(start: StartServer) -> None:
    server = start(idle_seconds=30.0, mail_seconds=2.0, size_max_bytes=10_000_000)
    client = server.connect().greet()
    client.announce()
    client.socket.sendall(LARGE * (2 * READ_BYTES // len(LARGE)))
    assert (client.hear(), client.hear()) == ("421 4.4.2 Too slow, try again later", "")
    nothing_is_held(server)


def stalled(client: Client, size_bytes: int) -> Client:
    """A client that sent so much of a mail, and is silent."""
    client.greet().announce()
    client.socket.sendall(LARGE * (size_bytes // len(LARGE)))
    return client


def test_a_mail_that_would_hold_too_much_is_deferred_and_the_others_are_not(start: StartServer) -> None:
    size = 1_000_000
    server = start(size_max_bytes=size, memory_bytes=2 * mail_memory_bytes(size))
    holders = [stalled(server.connect(f"127.0.0.{number}"), 950_000) for number in (6, 7)]
    client = server.connect("127.0.0.4").greet()
    until_full(server, 2 * size)
    assert (
        client.say(b"MAIL FROM:<s@example.org> SIZE=1000000\r\n") == "451 4.3.1 Too much mail at once, try again later"
    )
    assert client.send(LARGE * 12_000) == "451 4.3.1 Too much mail at once, try again later"
    assert client.send(LARGE).startswith("250 ")
    for holder in holders:
        assert holder.say(b"\r\n.\r\n").startswith("250 ")
    assert client.send(LARGE * 12_000).startswith("250 ")
    nothing_is_held(server)


def nothing_is_held(server: Server) -> None:
    """Wait until the server has seen the end of what its clients have seen the end of."""
    client = server.connect("127.0.0.9").greet()
    while server.reception.crowd.held_bytes:
        assert client.say(b"NOOP\r\n") == "250 OK"


def until_full(server: Server, held_bytes: int) -> None:
    """Wait until what the stalled clients sent has been read: a mail of another client is in its turn behind it."""
    client = server.connect("127.0.0.5").greet()
    while server.reception.crowd.held_bytes < held_bytes:
        assert client.say(b"NOOP\r\n") == "250 OK"


def test_a_client_that_holds_its_half_gets_no_more_and_another_gets_what_it_wants(start: StartServer) -> None:
    size = 1_000_000
    server = start(size_max_bytes=size, memory_bytes=2 * mail_memory_bytes(size))
    holder = stalled(server.connect("127.0.0.2"), 700_000)
    until_full(server, size)
    assert server.connect("127.0.0.2").greet().send(LARGE * 12_000).startswith("451 4.3.1 ")
    assert server.connect("127.0.0.3").greet().send(LARGE * 12_000).startswith("250 ")
    assert holder.say(b"\r\n.\r\n").startswith("250 ")


def test_a_disk_that_is_nearly_full_defers_mail_before_and_after_it_came(start: StartServer) -> None:
    disk = Disk(None, 0)
    server = start(disk=disk)
    client, early = server.connect().greet(), server.connect().greet()
    early.announce()
    disk.has_room = lambda size_bytes: False  # type: ignore[method-assign]  # a real one fills up in tests/e2e
    assert client.say(b"MAIL FROM:<s@example.org>\r\n") == "451 4.3.1 Disk nearly full, try again later"
    assert early.say(b"x\r\n.\r\n") == "451 4.3.1 Disk nearly full, try again later"
    del disk.has_room
    assert [client.send(b"x\r\n")[:3], early.send(b"x\r\n")[:3], server.log.end()] == ["250", "250", 3]
