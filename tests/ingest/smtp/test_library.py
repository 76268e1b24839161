"""What of aiosmtpd is not documented and used all the same: a new version that moves it is told of here, in words."""

import inspect
import random
from importlib.metadata import version

import pytest
from aiosmtpd.smtp import SMTP

from ingest.smtp.session import STUMBLES, Receiver

LIBRARY = f"aiosmtpd {version('aiosmtpd')}"
CALLED = {
    "_getaddr": (
        ("smtp_MAIL", "smtp_RCPT", "smtp_VRFY"),
        "so that `RCPT TO:<a@[>` is answered 501 and 553: its parser raises IndexError for that",
    ),
    "_strip_command_keyword": (("smtp_MAIL", "smtp_RCPT"), "so that `RCPT TO:<>` is told from an address"),
    "_reset_timeout": (("connection_made", "_handle_client"), "so that a timer is not started anew for each command"),
    "_timeout_cb": (("_reset_timeout",), "so that a mail that is being recorded is not given up"),
    "_cb_client_connected": (("__init__",), "so that sessions read by a reader of our own"),
    "_authenticate": (("auth_PLAIN", "auth_LOGIN"), "so that a password is checked where that holds nobody up"),
    "push": (("smtp_NOOP", "smtp_QUIT"), "so that an answer is not waited for where there is no need"),
    "handle_exception": ((), "so that a mistake of ours is answered 451"),
}
"""Names that `Receiver` overrides or uses: by which methods of the library they are called, and what for."""
KEPT = ("_timeout_handle", "_timeout_duration", "_tls_protocol", "_writer", "_reader", "_proxy_timeout")
"""What the library keeps in a session, and we look at."""


@pytest.mark.parametrize("name", CALLED)
def test_name_is_there_and_the_library_calls_it(name: str) -> None:
    callers, purpose = CALLED[name]
    assert hasattr(SMTP, name), f"{LIBRARY}: SMTP.{name} is gone; ingest.smtp.session has it {purpose}"
    for caller in callers:
        assert f"self.{name}" in inspect.getsource(getattr(SMTP, caller)), (
            f"{LIBRARY}: SMTP.{caller} does not call {name} any more; ingest.smtp.session has it {purpose}"
        )


@pytest.mark.parametrize("name", KEPT)
def test_what_the_library_keeps_is_there(name: str) -> None:
    assert f"self.{name}" in inspect.getsource(SMTP), f"{LIBRARY}: SMTP has no {name} any more, which we look at"


def test_every_private_name_that_we_override_is_listed() -> None:
    overridden = {name for name in vars(Receiver) if name.startswith("_") and not name.startswith("__")}
    assert overridden & set(dir(SMTP)) <= set(CALLED)


def test_an_address_is_read_or_none_whatever_stands_there() -> None:
    """The parser is the standard library's, and stumbles in ways of its own."""
    rng, parts, stumbled = random.Random(4), [*'<>@[]()",:;.\\ \t\x00=?é\udcff', "a@b", "@[", "=?utf-8?q?a?="], 0
    receiver = Receiver.__new__(Receiver)
    for _ in range(20_000):
        argument = "".join(rng.choices(parts, k=rng.randint(1, 12)))
        address, _rest = receiver._getaddr(argument)
        assert address is None or isinstance(address, str)
        try:
            SMTP._getaddr(receiver, argument)
        except STUMBLES:
            stumbled += 1
    assert receiver._getaddr("<" + "(" * 3000) == (None, None)
    assert stumbled > 100
