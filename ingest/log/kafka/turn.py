"""Whose turn it is, by Kafka's consumer groups: the topic has one partition, and whoever is given it has the turn.

Nobody reads through the group. It is the one use of committed offsets too: they say how far the active one is, for
people who look at a group's lag.
"""

import hashlib
import threading
import time
from contextlib import suppress

from ingest.log.contract import LogError, LogUnavailable
from ingest.log.kafka.address import KafkaAddress
from ingest.log.kafka.membership import REBALANCE_SECONDS, Membership
from ingest.log.kafka.wire import Wire

LEASE_SECONDS = REBALANCE_SECONDS
"""The group gives our turn to nobody for so long after a sign of life of ours."""
HEARTBEAT_SECONDS = 1.0
TELL_SECONDS = 5.0


class GroupTurn:
    """See `ingest.log.contract.Turn`. A thread of its own is the group's member, and goes on when brokers come back.

    Our turn is a lease: who was paused, or cut off, knows by its own clock that another may have it by now.
    """

    def __init__(self, address: KafkaAddress, name: str, base: int) -> None:
        self._address = address
        self._base = base
        self._group = f"{address.topic}.{name.split()[0]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        self._changed = threading.Condition()
        self._leaving = threading.Event()
        self._ours_until = 0.0
        self._error = ""
        self._told = self._committed = 0
        self._tell_at = 0.0
        self._thread = threading.Thread(target=self._run, name=f"turn {self._group}", daemon=True)
        self._thread.start()

    def wait(self, timeout_seconds: float) -> bool:
        with self._changed:
            ours = self._changed.wait_for(self.is_ours, timeout_seconds)
        if not ours and self._error:
            raise LogUnavailable(self._error)
        return ours

    def is_ours(self) -> bool:
        return time.monotonic() < self._ours_until

    def tell(self, record_id: int) -> None:
        self._told = record_id - self._base

    def close(self) -> None:
        self._leaving.set()
        self._thread.join()

    def _run(self) -> None:
        wire: Wire | None = None
        while wire is None and not self._leaving.is_set():
            try:
                wire = Wire(self._address)
            except LogError as error:
                self._error = str(error)
                self._leaving.wait(HEARTBEAT_SECONDS)
        if wire is not None:
            self._take_part(Membership(wire, self._group))
            wire.close()

    def _take_part(self, membership: Membership) -> None:
        ours = joined = False
        while not self._leaving.is_set():
            try:
                if joined:
                    joined = membership.stay()
                    ours = ours and membership.is_member
                else:
                    ours = membership.join(ours and self.is_ours())
                    joined = membership.is_member
                self._lease(membership.alive_at if ours else -LEASE_SECONDS)
                self._error = ""
                if joined:
                    self._commit(membership, ours)
                    self._leaving.wait(HEARTBEAT_SECONDS)
            except LogError as error:
                self._error = str(error)
                self._leaving.wait(HEARTBEAT_SECONDS)
        self._lease(-LEASE_SECONDS)
        with suppress(LogError):
            membership.leave()

    def _lease(self, alive_at: float) -> None:
        with self._changed:
            self._ours_until = alive_at + LEASE_SECONDS
            self._changed.notify_all()

    def _commit(self, membership: Membership, ours: bool) -> None:
        if ours and self._told != self._committed and time.monotonic() > self._tell_at:
            self._committed, self._tell_at = self._told, time.monotonic() + TELL_SECONDS
            membership.commit(self._committed)
