"""Who uses it meanwhile: mail servers that keep each mail until it is answered 250, and readers of the API."""

import http.client
import itertools
import json
import random
import re
import smtplib
import threading
import time
from collections import Counter

from bench.chaos.plan import Plan

SENDERS = 8
READERS = 2
SMTP_SECONDS = 30.0
HTTP_SECONDS = 30.0
MAILS_A_SESSION = 10
PAUSE_SECONDS = 0.1
RECORDED = re.compile(rb"2\.0\.0 Recorded as (\d+)")
PATHS = (
    "/api/1.0/projects/",
    "/api/1.0/projects/chaos/",
    "/api/1.0/projects/chaos/series/",
    "/api/1.0/projects/chaos/series/?state=incomplete&related=expand",
    "/api/1.0/projects/chaos/events/?since=2000-01-01T00:00:00&perpage=50",
    "/api/1.0/projects/chaos/patches/?name=fix",
    "/api/1.0/series/",
    "/api/1.0/series/{}/",
    "/api/1.0/series/{}/revisions/1/",
    "/api/1.0/series/{}/revisions/1/mbox/",
    "/api/1.0/patches/{}/",
    "/api/1.0/patches/{}/comments/",
    "/api/1.0/projects/nobody/",
    "/",
    "/project/chaos/series",
)
"""In the place of the braces stands the id of one of the first records."""


class Senders:
    """Deliver all mails of a plan in the order of their places, each until it is answered 250, at any port."""

    def __init__(self, plan: Plan, ports: list[int]) -> None:
        self._plan, self._ports = plan, ports
        self._places = itertools.count()
        self._begun = time.monotonic()
        self.recorded: dict[int, int] = {}
        """By a mail's place, the record that its 250 named."""
        self.seconds: list[float] = []
        """For each mail, how long it took from the first try to its 250."""
        self.replies: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def join(self, seconds: float) -> bool:
        """Wait until all is delivered; False when time ran out."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, number: int) -> None:
        ports = itertools.cycle(self._ports[number % len(self._ports) :] + self._ports[: number % len(self._ports)])
        connection: smtplib.SMTP | None = None
        while (place := next(self._places)) < len(self._plan.raws):
            due = self._begun + place * self._plan.seconds / len(self._plan.raws)
            time.sleep(max(0.0, due - time.monotonic()))
            first_try = time.monotonic()
            if connection is not None and place % MAILS_A_SESSION == 0:
                connection.close()
                connection = None
            while place not in self.recorded:
                try:
                    connection = connection or smtplib.SMTP("127.0.0.1", next(ports), timeout=SMTP_SECONDS)
                    self._deliver(connection, place)
                except (OSError, smtplib.SMTPException) as error:
                    self.replies[type(error).__name__] += 1
                    if connection is not None:
                        connection.close()
                    connection = None
                    time.sleep(PAUSE_SECONDS)
            self.seconds.append(time.monotonic() - first_try)

    def _deliver(self, connection: smtplib.SMTP, place: int) -> None:
        connection.ehlo_or_helo_if_needed()
        for code, _ in (connection.mail("sender@example.org"), connection.rcpt(self._plan.list_address)):
            if code != 250:
                raise smtplib.SMTPException(f"expected 250, came {code}")
        code, said = connection.data(self._plan.raws[place])
        self.replies[str(code)] += 1
        found = RECORDED.match(said)
        if code == 250 and found:
            self.recorded[place] = int(found[1])
        else:
            time.sleep(PAUSE_SECONDS)


class Readers:
    """Ask the API one question after the other until `stop`, and keep what was answered as it must not be."""

    def __init__(self, port: int, seed: int) -> None:
        self._port = port
        self._stopping = False
        self.answers: Counter[int] = Counter()
        self.unanswered: Counter[str] = Counter()
        self.slowest_seconds = 0.0
        self.bad: list[str] = []
        self._threads = [threading.Thread(target=self._run, args=(seed + n,), daemon=True) for n in range(READERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping = True
        for thread in self._threads:
            thread.join()

    def _run(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self._stopping:
            path = chance.choice(PATHS).format(chance.randrange(2, 300))
            begun = time.monotonic()
            try:
                self._ask(path)
            except (OSError, http.client.HTTPException) as error:  # nobody listens, or it was killed while it answered
                self.unanswered[type(error).__name__] += 1
                time.sleep(PAUSE_SECONDS)
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - begun)
            time.sleep(PAUSE_SECONDS / 5)

    def _ask(self, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=HTTP_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        self.answers[response.status] += 1
        if not is_good(path, response.status, response.getheader("Content-Type") or "", body):
            self.bad.append(f"{path}: {response.status} {body[:200]!r}")


def is_good(path: str, status: int, content_type: str, body: bytes) -> bool:
    """2xx, 3xx, 4xx, or a 503 that says in its own form what is the matter."""
    if status < 500:
        return True
    if status != 503:
        return False
    if not path.startswith("/api/"):
        return content_type.startswith("text/html")
    return content_type.startswith("application/problem+json") and bool(json.loads(body).get("detail"))
