"""How far the read model is, and what became of every mail it has read."""

import msgspec
from sqlalchemy import Connection, func, select

from projector.readmodel.queries.copies import count_alarming
from projector.readmodel.queries.dead_letters import ALARMING
from projector.readmodel.reading import fetch_value
from projector.readmodel.tables import count, dead_letter, meta, patch_text, redaction

MAILS = "mail:"


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """position: the id of the last record folded. Each mail up to there is counted once: in `mails` by its kind
    ("patch", "cover", "comment", ...), among the duplicates, or among the dead letters by their reason. alarms: how
    many of the dead letters somebody has to look at, by their reason. copies: how many mails say something else than
    one with their Message-ID; copy_alarms: those that somebody has to look at, by project. doubtful: how many patches
    are shown with a warning, for git could read their mail otherwise. redactions: the Message-IDs that were redacted.
    """

    position: int
    mails: dict[str, int]
    duplicates: int
    dead_letters: dict[str, int]
    alarms: dict[str, int]
    copies: int
    copy_alarms: dict[str, int]
    doubtful: int
    redactions: int


def read_status(connection: Connection) -> Status:
    """Read it all in one transaction."""
    counted = select(count.c.name, count.c.n).where(count.c.name.startswith(MAILS, autoescape=True))
    kinds = {name.removeprefix(MAILS): n for name, n in connection.execute(counted.order_by(count.c.name))}
    reasons = select(dead_letter.c.reason, func.count()).group_by(dead_letter.c.reason).order_by(dead_letter.c.reason)
    alarms = reasons.where(dead_letter.c.reason.in_(ALARMING), dead_letter.c.acknowledged_id.is_(None))
    duplicates = kinds.pop("duplicate", 0)
    copies = kinds.pop("conflicting-copy", 0)
    kinds.pop("dead-letter", 0)  # counted from their own table, by reason
    return Status(
        position=read_position(connection),
        mails=kinds,
        duplicates=duplicates,
        dead_letters=dict(map(tuple, connection.execute(reasons))),
        alarms=dict(map(tuple, connection.execute(alarms))),
        copies=copies,
        copy_alarms=count_alarming(connection),
        doubtful=connection.execute(_DOUBTFUL).scalar_one(),
        redactions=connection.execute(select(func.count(redaction.c.message_id.distinct()))).scalar_one(),
    )


def read_position(connection: Connection) -> int:
    """The id of the last record that the read model has folded."""
    position: int = fetch_value(connection, _POSITION, {})
    return position


_DOUBTFUL = select(func.count()).select_from(patch_text).where(patch_text.c.is_doubtful)
_POSITION = select(meta.c.value).where(meta.c.name == "position")
