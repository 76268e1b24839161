"""Membership of a consumer group whose members share the topic's one partition: join, stay, leave.

`KafkaConsumer` is not used: where its poll runs out of time in the middle of a rebalance (kafka-python 3.0.12), the
assignment that comes is dropped, and nobody has the partition. The group protocol is five requests.
"""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from kafka.protocol.consumer import (
    ConsumerProtocolAssignment,
    ConsumerProtocolSubscription,
    HeartbeatRequest,
    JoinGroupRequest,
    LeaveGroupRequest,
    OffsetCommitRequest,
    SyncGroupRequest,
)
from kafka.protocol.metadata import FindCoordinatorRequest

from ingest.log.contract import LogError, LogUnavailable
from ingest.log.kafka.wire import Wire

SESSION_SECONDS = 10.0
"""Without a sign of life for so long, a member is put out of the group."""
REBALANCE_SECONDS = 6.0
"""How long the group waits for its members when it has to share out the partition anew."""
SECONDS = 3.0
PROTOCOL = "patchlog"
HOLDS = b"holds"
"""What a member says with its subscription while it has the partition: it keeps it."""
ILLEGAL_GENERATION, UNKNOWN_MEMBER, REBALANCING, MEMBER_ID_REQUIRED = 22, 25, 27, 79
ANSWERS = frozenset({0, ILLEGAL_GENERATION, UNKNOWN_MEMBER, REBALANCING, MEMBER_ID_REQUIRED})


class _Answer(NamedTuple):
    """A response whose error code, if it has one, is an answer like others."""

    error_code: int
    response: Any


class Membership:
    """For one thread. Raises LogUnavailable when the group's coordinator does not answer."""

    def __init__(self, wire: Wire, group: str) -> None:
        self._wire = wire
        self._group = group
        self._coordinator: int | None = None
        self._member = ""
        self._generation = -1
        self.alive_at = 0.0
        """When we sent, at the earliest, the last sign of life that was answered as a member's."""

    @property
    def is_member(self) -> bool:
        """False after the group went on without us."""
        return self._member != ""

    def join(self, holds: bool) -> bool:
        """Join, or join again; `holds` says whether we have the partition. True: we have it from now on, or still."""
        joined = self._join(holds)
        if joined.error_code == MEMBER_ID_REQUIRED:
            self._member = joined.member_id
            joined = self._join(holds)
        if not self._goes_on(joined.error_code):
            raise LogUnavailable(f"group {self._group}: it is being shared out anew")
        self._member, self._generation = joined.member_id, joined.generation_id
        asked_at = time.monotonic()
        synced = self._ask(
            lambda: SyncGroupRequest(
                group_id=self._group,
                generation_id=self._generation,
                member_id=self._member,
                group_instance_id=None,
                protocol_type="consumer",
                protocol_name=PROTOCOL,
                assignments=self._share_out(joined.members) if joined.leader == self._member else [],
                max_version=5,
            ),
            REBALANCE_SECONDS + SECONDS,
        )
        if not self._goes_on(synced.error_code):
            return holds and self.is_member
        self.alive_at = asked_at
        return bool(ConsumerProtocolAssignment.decode(synced.assignment).assigned_partitions)

    def stay(self) -> bool:
        """Give a sign of life. False: the partition is shared out anew, or was; join again."""
        asked_at = time.monotonic()
        answer = self._ask(
            lambda: HeartbeatRequest(
                group_id=self._group, generation_id=self._generation, member_id=self._member, group_instance_id=None
            )
        )
        if not self._goes_on(answer.error_code):
            return False
        self.alive_at = asked_at
        return True

    def commit(self, offset: int) -> None:
        """Note how far we are. It does not matter whether that comes through."""
        topic = OffsetCommitRequest.OffsetCommitRequestTopic
        part = topic.OffsetCommitRequestPartition(
            partition_index=0, committed_offset=offset, committed_leader_epoch=-1, committed_metadata=""
        )
        self._ask(
            lambda: OffsetCommitRequest(
                group_id=self._group,
                generation_id_or_member_epoch=self._generation,
                member_id=self._member,
                group_instance_id=None,
                topics=[topic(name=self._wire.partition.topic, partitions=[part])],
                max_version=8,
            )
        )

    def leave(self) -> None:
        """Leave the group: it shares out the partition at once."""
        member = LeaveGroupRequest.MemberIdentity(member_id=self._member, group_instance_id=None)
        self._ask(lambda: LeaveGroupRequest(group_id=self._group, members=[member], min_version=3, max_version=4))

    def _join(self, holds: bool) -> Any:
        topics = [self._wire.partition.topic]
        subscription = ConsumerProtocolSubscription(version=0, topics=topics, user_data=HOLDS if holds else b"").encode(
            version=0
        )
        protocol = JoinGroupRequest.JoinGroupRequestProtocol(name=PROTOCOL, metadata=subscription)
        return self._ask(
            lambda: JoinGroupRequest(
                group_id=self._group,
                session_timeout_ms=int(SESSION_SECONDS * 1000),
                rebalance_timeout_ms=int(REBALANCE_SECONDS * 1000),
                member_id=self._member,
                group_instance_id=None,
                protocol_type="consumer",
                protocols=[protocol],
                max_version=7,
            ),
            REBALANCE_SECONDS + SECONDS,
        )

    def _share_out(self, members: Sequence[Any]) -> list[Any]:
        """Whoever has the partition keeps it; where nobody has, it is ours, because we were asked."""
        holders = [one.member_id for one in members if _holds(one.metadata)]
        holder = holders[0] if holders else self._member
        topic = ConsumerProtocolAssignment.TopicPartition
        shares = []
        for one in members:
            parts = [topic(topic=self._wire.partition.topic, partitions=[0])] if one.member_id == holder else []
            assignment = ConsumerProtocolAssignment(version=0, assigned_partitions=parts, user_data=b"")
            shares.append(
                SyncGroupRequest.SyncGroupRequestAssignment(
                    member_id=one.member_id, assignment=assignment.encode(version=0)
                )
            )
        return shares

    def _goes_on(self, error_code: int) -> bool:
        if error_code in (UNKNOWN_MEMBER, ILLEGAL_GENERATION):
            self._member, self._generation = "", -1
        return error_code == 0

    def _ask(self, make: Any, seconds: float = SECONDS) -> Any:
        try:
            if self._coordinator is None:
                self._coordinator = self._find()
            return self._wire.to_node(make, _answer, seconds, self._coordinator).response
        except LogError:
            self._coordinator = None
            raise

    def _find(self) -> int:
        found = self._wire.to_node(
            lambda: FindCoordinatorRequest(key_type=0, coordinator_keys=[self._group], min_version=4),
            lambda response: response.coordinators[0],
            SECONDS,
        )
        node: int = found.node_id
        return node


def _answer(response: Any) -> _Answer:
    code = getattr(response, "error_code", 0) or 0
    return _Answer(0 if code in ANSWERS else code, response)


def _holds(metadata: bytes) -> bool:
    user_data: bytes | None = ConsumerProtocolSubscription.decode(metadata).user_data
    return user_data == HOLDS
