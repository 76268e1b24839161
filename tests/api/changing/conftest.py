"""The API with a log that it writes to, and a projector that follows it."""

import base64
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from falcon.testing import Result, TestClient

from api.app import create_app
from ingest.log import Log, open_log
from projector.live import follow
from projector.readmodel.generations import NoReadModel, Reader, ReadModels
from projector.readmodel.queries.status import read_position
from schemas.accounts import TokenIssued, UserAdded
from schemas.fact import Fact
from schemas.records import ClockAdvanced, ProjectAdded
from schemas.settings import Settings
from tests.databases import DATABASES, fresh_databases
from tests.projector.fold.mailing import answer, series
from tests.projector.fold.world import PROJECT

PASSWORD = "corréct horse"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OTHER = ProjectAdded(linkname="other", name="Other", listid="other.example.org", listemail="other@example.org")


class Live:
    """A log with two projects, a series of two patches with a comment, and some who may change them."""

    def __init__(self, log: Log, client: TestClient, reader: Reader, settings: Settings) -> None:
        self.log, self.client, self._reader, self.settings = log, client, reader, settings
        self.project, self.other = log.append([PROJECT, OTHER])
        self.maintainer, self.author, self.stranger, self.gone = log.append(
            [
                user("max", "max@example.org", maintainer_of=("demo",)),
                user("ada", "ada@example.org"),
                user("sam", "sam@example.org", maintainer_of=("other",)),
                user("gus", "gus@example.org"),
            ]
        )
        mails = log.append([*series("a", 2), answer("r", ("a-0", "a-1"), body="Reviewed-by: Max <m@example.org>\n")])
        self.series, *self.patches, self.comment = mails
        self.reach(self.comment + 1)  # the announcement of the revision

    def append(self, *facts: Fact) -> list[int]:
        """Append facts and wait until they were folded."""
        ids = self.log.append(facts)
        self.reach(ids[-1])
        return ids

    def reach(self, record: int) -> int:
        """Wait until a record was folded."""
        while self._position() < record:
            time.sleep(0.001)
        return record

    def _position(self) -> int:
        try:
            with self._reader.connect() as connection:
                return read_position(connection)
        except NoReadModel:
            return 0

    def token(self, user: int, secret: str, **scope: Any) -> int:
        """Issue a token with this secret."""
        digest = sha256(secret.encode()).digest()
        (id,) = self.append(TokenIssued(user=user, name=secret.removeprefix("patchlog_"), digest=digest, **scope))
        return id

    def call(self, method: str, path: str, json: Any = None, *, by: str = "", **options: Any) -> Result:
        """Send a request below /api/1.0, with `by` as the user of the tests' password."""
        headers = {**options.pop("headers", {})}
        if by:
            headers["Authorization"] = basic(by, PASSWORD)
        if json is not None:
            options["json"] = json
        return self.client.simulate_request(
            method, f"/api/1.0{path}", headers=headers, extras={"client": ["127.0.0.1", 1]}, **options
        )


def user(name: str, *emails: str, maintainer_of: tuple[str, ...] = ()) -> UserAdded:
    return UserAdded(name=name, emails=emails, password_hash=QUICK.hash(PASSWORD), maintainer_of=maintainer_of)


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def make_live(folder: Path, **settings: Any) -> Iterator[Live]:
    """A world of its own in a folder, with its projector running."""
    chosen = Settings(data=str(folder), base_url="https://patches.example.org", **settings)
    log = open_log(chosen.log_url)
    stopping = threading.Event()
    models = ReadModels(chosen.database_url)
    thread = threading.Thread(target=follow, args=(log, models, stopping.is_set), daemon=True)
    thread.start()
    reader = Reader(chosen.database_url)
    try:
        yield Live(log, TestClient(create_app(chosen)), reader, chosen)
    finally:
        stopping.set()
        log.append([ClockAdvanced(until=datetime(2026, 1, 1, tzinfo=UTC))])  # so that it does not wait for mail
        thread.join()
        reader.close()
        log.close()


@pytest.fixture(scope="module", params=DATABASES)
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One world for all tests of a file, on each kind of database."""
    folder = tmp_path_factory.mktemp("live")
    yield from make_live(folder, database=fresh_databases(request.param, folder, request)())
