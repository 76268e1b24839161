"""A connection to the cluster: a request goes to whoever leads the topic's partition, until answered or too late.

kafka-python's producer and consumer are not used, its connections are: `KafkaProducer` cannot promise that the facts
of one append go in one record batch (which the broker writes whole or not at all), splits a batch that the broker finds
too large, and forgets how much waits in it; `KafkaConsumer` reads ahead by itself. A request and its deadline is all
that this driver needs.
"""

import logging
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from kafka.errors import KafkaError, KafkaTimeoutError, LeaderNotAvailableError, RetriableError, for_code
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.structs import TopicPartition

from ingest.log.contract import LogError, LogUnavailable
from ingest.log.kafka.address import KafkaAddress

OPEN_SECONDS = 10.0
OPEN_ATTEMPT_MS = 2400
PROBE_MS = 1000
"""Three tries at brokers drawn by lot, of which one may be dead, and one more for what is wrong."""
CONNECT_MS = 2000
ATTEMPT_MS = 4000
"""How long what is not told otherwise (the cluster's metadata) may take, before another broker is asked."""
RETRY_SECONDS = 0.1
GRACE_SECONDS = 1.0
STOP_MS = 1000
RESPONSE_MAX_BYTES = 512 * 1024 * 1024
CONFIGURATION = {
    "client_id": "patchlog",
    "receive_message_max_bytes": RESPONSE_MAX_BYTES,
    "max_in_flight_requests_per_connection": 1000,
    "request_timeout_ms": ATTEMPT_MS,
    "socket_connection_setup_timeout_ms": CONNECT_MS,
    "socket_connection_setup_timeout_max_ms": CONNECT_MS,
    "reconnect_backoff_max_ms": 1000,
    "metadata_max_age_ms": 60_000,
}


class Refused(LogUnavailable):
    """A broker said no, and would say so again; `kind` is kafka-python's class for its reason."""

    def __init__(self, message: str, kind: type[Exception]) -> None:
        super().__init__(message)
        self.kind = kind


class Wire:
    """Connections to the brokers, with a thread of their own that reads and writes them. Safe to use from many threads.

    Raises LogUnavailable when nobody answers. A request that waits for news holds up those behind it on the same
    connection: whoever waits long has a Wire of their own.
    """

    def __init__(self, address: KafkaAddress, open_seconds: float = OPEN_SECONDS) -> None:
        logging.getLogger("kafka").setLevel(logging.CRITICAL)  # whatever matters comes back as an error
        self.partition = TopicPartition(address.topic, 0)
        self._name = address.name
        self._has_password = "sasl_mechanism" in address.options
        self._configuration = {**CONFIGURATION, **address.options, "bootstrap_servers": list(address.servers)}
        self._closed = False
        self._starting = threading.Lock()
        self._start(open_seconds)

    @property
    def cluster(self) -> Any:
        """What is known of brokers and topic."""
        return self._manager.cluster

    def to_leader(
        self,
        make: Callable[[], Any],
        answer: Callable[[Any], Any],
        seconds: float,
        attempt_seconds: float = float("inf"),
    ) -> Any:
        """Send a request to the partition's leader; gives `answer(response)`, whose error_code was looked at.

        What can pass (a broker that dies, a new leader) is tried again until the time is over; a leader that does not
        answer within attempt_seconds may be none any more. Raises LogUnavailable, and Refused at once for what
        cannot pass.
        """

        async def attempt(left_ms: float) -> Any:
            leader = self.cluster.leader_for_partition(self.partition)
            if leader in (None, -1):
                raise LeaderNotAvailableError
            timeout_ms = min(left_ms, attempt_seconds * 1000)
            return await self._manager.send(make(), leader, request_timeout_ms=timeout_ms)

        return self._run(self._until_answered(attempt, answer), seconds)

    def to_node(self, make: Callable[[], Any], answer: Callable[[Any], Any], seconds: float, node: Any = None) -> Any:
        """Send a request to one broker, or to any; else as `to_leader`."""

        async def attempt(left_ms: float) -> Any:
            return await self._manager.send(make(), node, request_timeout_ms=left_ms)

        return self._run(self._until_answered(attempt, answer), seconds)

    def find_topic(self, seconds: float) -> None:
        """Ask where the topic is until the brokers know, which takes a moment when it was just made."""

        async def look(deadline: float) -> None:
            while self.cluster.leader_for_partition(self.partition) in (None, -1) and time.monotonic() < deadline:
                await self._net.sleep(RETRY_SECONDS / 2)
                await self._refresh(deadline)

        self._run(look, seconds)

    def close(self) -> None:
        """Close the connections; whoever still waits for an answer gets LogUnavailable."""
        if self._closed:
            return
        self._closed = True
        if self._net._exception is None:
            self._net.run(self._manager.close)
            self._net.stop(timeout_ms=STOP_MS)
        self._net.close()

    def _start(self, seconds: float) -> None:
        self._net = NetworkSelector(**self._configuration)
        self._manager = KafkaConnectionManager(self._net, **self._configuration)
        self.cluster.config["allow_auto_create_topics"] = False  # or asking for the topic would make one that forgets
        self._net.start()
        try:
            self._wait_for(self._open, seconds)
        except BaseException:
            self.close()
            raise

    async def _open(self, deadline: float) -> None:
        while not self._manager.bootstrapped:
            try:
                await self._manager.bootstrap_async(OPEN_ATTEMPT_MS)
            except KafkaTimeoutError:  # it may have asked the one that is dead
                if time.monotonic() + (OPEN_ATTEMPT_MS + PROBE_MS) / 1000 > deadline:
                    raise LogUnavailable(f"{self._name}: no broker answers{await self._why_not()}") from None
        self.cluster.set_topics([self.partition.topic])
        await self._refresh(deadline)

    async def _refresh(self, deadline: float) -> None:
        """Ask where everything is. The broker that is asked may have died meanwhile, and then another one is."""
        while True:
            try:
                await self.cluster.refresh_metadata()
                return
            except RetriableError:
                if time.monotonic() + RETRY_SECONDS >= deadline:
                    raise
            await self._net.sleep(RETRY_SECONDS)

    async def _why_not(self) -> str:
        """Try the first broker once more, for what it says: opening a connection keeps that to itself."""
        first = self.cluster.bootstrap_brokers()[0].node_id
        await self._net.sleep(self._manager.connection_delay(first))
        try:
            await self._manager.get_connection(first, timeout_ms=PROBE_MS, refresh_metadata_on_err=False)
        except KafkaError as error:
            # kafka-python hears of the broker hanging up before it hears why
            return f" ({_said(error)}{'; are user and password right?' if self._has_password else ''})"
        return ""

    def _until_answered(
        self, attempt: Callable[[float], Coroutine[Any, Any, Any]], answer: Callable[[Any], Any]
    ) -> Callable[[float], Coroutine[Any, Any, Any]]:
        async def attempts(deadline: float) -> Any:
            while True:
                try:
                    found = answer(await attempt((deadline - time.monotonic()) * 1000))
                    if not found.error_code:
                        return found
                    raise for_code(found.error_code)(getattr(found, "error_message", None) or "")
                except RetriableError:
                    if time.monotonic() + RETRY_SECONDS >= deadline:
                        raise
                await self._net.sleep(RETRY_SECONDS)
                self.cluster.request_update()

        return attempts

    def _run(self, work: Callable[[float], Coroutine[Any, Any, Any]], seconds: float) -> Any:
        """Run a coroutine on the thread of the connections, which is told when it must be over, and wait for it.

        Where a mistake of the library's ended that thread, it is started anew.
        """
        if self._closed:
            raise LogError(f"{self._name}: expected an open log, this one was closed by its owner")
        with self._starting:
            if self._net._exception is not None:
                self._start(seconds)
        return self._wait_for(work, seconds)

    def _wait_for(self, work: Callable[[float], Coroutine[Any, Any, Any]], seconds: float) -> Any:
        done: Future[Any] = Future()
        running = self._net.call_soon_with_future(work, time.monotonic() + seconds)
        running.add_callback(done.set_result)
        running.add_errback(done.set_exception)
        try:
            return done.result(seconds + GRACE_SECONDS)
        except TimeoutError:
            raise LogUnavailable(f"{self._name}: no answer within {seconds:g} s") from None
        except RetriableError as error:
            raise LogUnavailable(f"{self._name}: {_said(error)}") from None
        except KafkaError as error:
            raise Refused(f"{self._name}: {_said(error)}", type(error)) from None


def _said(error: KafkaError) -> str:
    """What an error says of itself, and its name where that is nothing or a mere number."""
    words = " ".join(map(str, error.args))
    return words if any(map(str.isalpha, words)) else f"{type(error).__name__} {words}".strip()
