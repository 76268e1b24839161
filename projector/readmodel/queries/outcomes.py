"""What became of records that were asked for."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select

from projector.outcomes import (
    CHANGED_MEANWHILE,
    CONFLICT,
    DONE,
    FORBIDDEN,
    KEY_REUSED,
    TARGET_GONE,
    UNAUTHORIZED,
    UNCHANGED,
    Outcome,
)
from projector.readmodel.tables import idempotency, outcome

__all__ = [
    "CHANGED_MEANWHILE",
    "CONFLICT",
    "DONE",
    "FORBIDDEN",
    "KEY_REUSED",
    "TARGET_GONE",
    "UNAUTHORIZED",
    "UNCHANGED",
    "CameBefore",
    "Outcome",
    "came_before",
    "read_outcomes",
]


class CameBefore(msgspec.Struct, frozen=True):
    """The first record of a request that came with a key, and the digest of what it asked for."""

    record: int
    digest: bytes


def read_outcomes(connection: Connection, records: Sequence[int]) -> list[Outcome]:
    """The outcomes of some records that were folded, in their order; of a repeated request, that of the first."""
    found = {row.id: row for row in connection.execute(_OUTCOMES, {"ids": records})}
    originals = [row.original_id for row in found.values() if row.original_id is not None]
    if originals:
        found.update({row.id: row for row in connection.execute(_OUTCOMES, {"ids": originals})})
    rows = (found[found[id].original_id or id] for id in records)
    return [Outcome(row.status, row.detail, row.document) for row in rows]


def came_before(connection: Connection, user: int, key: str) -> list[CameBefore]:
    """The records of a user's request that came with this key, in their order; none where it is new."""
    rows = connection.execute(_KEYS, {"user": user, "key": key})
    return [CameBefore(row.record_id, row.digest) for row in rows]


_OUTCOMES = select(outcome).where(outcome.c.id.in_(bindparam("ids", expanding=True)))
_KEYS = (
    select(idempotency.c.record_id, idempotency.c.digest)
    .where(idempotency.c.user_id == bindparam("user"), idempotency.c.key == bindparam("key"))
    .order_by(idempotency.c.part)
)
