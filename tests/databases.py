"""Databases for tests: every test of the read model runs on SQLite and on PostgreSQL, each on one of its own.

PostgreSQL is a private cluster for each process of tests, started when the first test asks for it. Its databases are
used again once a test is done with them, as making one takes longer than emptying one.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ingest.log import make_log
from patchlog.configuration import load_settings
from tests.kafka_cluster import KafkaCluster

DATABASES = ("sqlite", "postgresql")
COMBINATIONS = (
    pytest.param(("sqlite", "sqlite"), id="sqlite"),
    pytest.param(("sqlite", "postgresql"), id="postgresql"),
    pytest.param(("kafka", "postgresql"), id="kafka-postgresql", marks=pytest.mark.xdist_group("kafka")),
)
"""The logs and databases on which the tests of the whole run."""
SCRIPT = Path(__file__).resolve().parents[1] / "deploy/postgres/local-cluster"

PATIENCE_MILLISECONDS = 60_000
"""So long a connection that was ended may take to be gone."""

Fresh = Callable[[], str]
"""Gives the URL of another database that nobody has used."""


class Cluster:
    """A PostgreSQL server that forgets everything when the tests end."""

    def __init__(self, *, durable: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="patchlog-postgres-"))
        self._folder.chmod(0o755)  # the server runs as another user than root
        self._how = () if durable else ("--throw-away",)
        started = self.run("start", *self._how)
        self.url = started.stdout.split()[-1]
        self._free: list[str] = []
        self._made = 0

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(SCRIPT), *arguments, "--data", str(self._folder / "cluster")]
        return subprocess.run(command, capture_output=True, text=True, check=True)

    def start_again(self) -> None:
        """Start it after it was stopped or killed."""
        self.run("start", *self._how)

    def pid(self) -> int:
        """The server's process."""
        return int((self._folder / "cluster/postmaster.pid").read_text().split()[0])

    def fresh(self) -> str:
        """The URL of an empty database."""
        if self._free:
            return self._free.pop()
        self._made += 1
        name = f"test_{self._made}"
        ask(self.url, f"CREATE DATABASE {name}")
        return self.url.rpartition("/")[0] + f"/{name}"

    def take_back(self, url: str) -> None:
        """Empty a database, whoever still uses it, and keep it for the next test."""
        with psycopg.connect(plain(url), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
                (PATIENCE_MILLISECONDS,),
            )
            names = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'patchlog%'").fetchall()
            for (name,) in names:
                connection.execute(f"DROP SCHEMA {name} CASCADE")
            connection.execute("DROP TABLE IF EXISTS public.patchlog_pointer")
        self._free.append(url)

    def close(self) -> None:
        self.run("stop")
        shutil.rmtree(self._folder, ignore_errors=True)


def start_cluster(*, durable: bool = False) -> Cluster:
    """Start one; skips the test where PostgreSQL is not there. durable: what it commits outlives a crash."""
    try:
        return Cluster(durable=durable)
    except subprocess.CalledProcessError as error:
        if "is not installed" in error.stderr:
            pytest.skip("PostgreSQL is not installed (deploy/install-test-tools does it)")
        raise AssertionError(error.stderr) from None


def fresh_databases(kind: str, folder: Path, request: pytest.FixtureRequest) -> Fresh:
    """How a test comes to databases of a kind; they are taken back when what asked for them is over."""
    numbers = iter(range(10_000))
    if kind == "sqlite":
        return lambda: f"sqlite:///{folder}/{next(numbers)}/readmodel.db"
    cluster: Cluster = request.getfixturevalue("cluster")

    def fresh() -> str:
        url = cluster.fresh()
        request.addfinalizer(lambda: cluster.take_back(url))
        return url

    return fresh


def fresh_log(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a log of a kind that nobody has used."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/log.db"
    kafka: KafkaCluster = request.getfixturevalue("kafka")
    url = f"kafka://{kafka.bootstrap}/whole-{uuid4().hex}"
    make_log(url)
    return url


def make_data_directory(kind: str, folder: Path, request: pytest.FixtureRequest, *, log: str = "sqlite") -> Path:
    """Make a data directory whose read model is in a database of this kind, and its log in one of that kind."""
    data = folder / "data"
    data.mkdir()
    settings = ""
    if log != "sqlite":
        settings += f'log = "{fresh_log(log, data, request)}"\n'
    if kind != "sqlite":
        settings += f'database = "{fresh_databases(kind, folder, request)()}"\n'
    if settings:
        (data / "patchlog.toml").write_text(settings)
    return data


def database_of(data: Path) -> str:
    """The database URL that commands with `--data` find."""
    return load_settings({}, {"data": str(data)}).database_url


def log_of(data: Path) -> str:
    """The log URL that commands with `--data` find."""
    return load_settings({}, {"data": str(data)}).log_url


def ask(url: str, *statements: str) -> list[Any]:
    """Run statements, each by itself, and give the rows of the last."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def settle(url: str) -> None:
    """Make the planner know all that is in the tables, and that every reader sees all of it; SQLite does as it is told.

    Only then an index alone is known to answer. VACUUM leaves a page out that some older snapshot may not see.
    """
    if url.startswith("sqlite:"):
        return
    ask(url, "VACUUM (ANALYZE)")
    unseen = ask(
        url,
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname LIKE 'patchlog_%' AND relkind = 'r' AND relallvisible < relpages",
    )
    assert not unseen, f"expected nobody else in {url}, found somebody who keeps pages of {unseen}"


def plain(url: str) -> str:
    """The URL as PostgreSQL's own programs take it."""
    return url.replace("postgresql+psycopg", "postgresql", 1)
