"""What is to happen: which mail is sent for how long, how often something is killed, and by which seed."""

from dataclasses import dataclass
from pathlib import Path

from bench.filled import REAL_ARCHIVE, REAL_LIST_ID
from bench.mailing import LIST_ADDRESS, LIST_ID, mails
from ingest.archive import open_archive
from ingest.archive.contract import OversizeMail


@dataclass(frozen=True)
class Plan:
    """Mails are sent evenly over `seconds`; every `pause_seconds` one process is killed, drawn by the seed."""

    raws: tuple[bytes, ...]
    list_id: str
    list_address: str
    seconds: float
    pause_seconds: float
    seed: int


def plan_with_real_mail(count: int, seconds: float, pause_seconds: float, seed: int) -> Plan:
    """The first `count` mails of a real list where its archive is there, else our own."""
    if not REAL_ARCHIVE.exists():
        return plan_with_our_own(count, seconds, pause_seconds, seed)
    found = [
        _sent(mail.raw) for mail in open_archive(REAL_ARCHIVE, 1 << 25).mails() if not isinstance(mail, OversizeMail)
    ]
    return Plan(tuple(found[:count]), REAL_LIST_ID, f"real@{REAL_LIST_ID}", seconds, pause_seconds, seed)


def plan_with_our_own(count: int, seconds: float, pause_seconds: float, seed: int) -> Plan:
    """Mail of our own making."""
    raws = tuple(_sent(mail.raw) for mail in mails(count, seed))
    return Plan(raws, LIST_ID, LIST_ADDRESS, seconds, pause_seconds, seed)


def default_folder(given: str) -> Path:
    """The folder of a run; it is made, and another user than root can reach it, as PostgreSQL's has to."""
    folder = Path(given)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder


def _sent(raw: bytes) -> bytes:
    """A mail as SMTP has it: CRLF at line ends, and at its end."""
    body = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return body if body.endswith(b"\r\n") else body + b"\r\n"
