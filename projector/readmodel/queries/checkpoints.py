"""The log's running hash, as the projector found it."""

from sqlalchemy import Connection, select

from projector.readmodel.tables import checkpoint


def read_checkpoints(connection: Connection) -> dict[int, bytes]:
    """Record id -> the running hash there: at every 1,000th record and at the last one folded, lowest first."""
    rows = connection.execute(select(checkpoint.c.record_id, checkpoint.c.hash).order_by(checkpoint.c.record_id))
    return {row.record_id: bytes(row.hash) for row in rows}


def read_last_checkpoint(connection: Connection) -> tuple[int, bytes] | None:
    """The last record that was folded, and the running hash there; None where none was."""
    rows = select(checkpoint.c.record_id, checkpoint.c.hash).order_by(checkpoint.c.record_id.desc()).limit(1)
    row = connection.execute(rows).first()
    return (row.record_id, bytes(row.hash)) if row is not None else None
