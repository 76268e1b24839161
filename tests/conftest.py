"""What all tests share: where real mail is, if it is there; databases of either kind; a Kafka node."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.databases import (
    COMBINATIONS,
    DATABASES,
    Cluster,
    Fresh,
    fresh_databases,
    make_data_directory,
    start_cluster,
)
from tests.kafka_cluster import KafkaCluster, skip_without_kafka

# The same code is judged by the same examples on every machine, however slow it is. A campaign draws new ones with
# every run, or those of --hypothesis-seed=N, and what it finds becomes a test of its own.
_PATIENT: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("seeded", derandomize=True, **_PATIENT)
settings.register_profile("campaign", **_PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "seeded"))

REAL_MAIL = Path(__file__).resolve().parents[2] / "shared" / "mail"


@pytest.fixture(autouse=True, scope="session")
def uncached_loggers() -> Iterator[None]:
    """No logger keeps the journal that a test has set up: those that come after it listen too."""
    with pytest.MonkeyPatch.context() as patch:
        configure = structlog.configure
        patch.setattr(
            structlog, "configure", lambda **settings: configure(**{**settings, "cache_logger_on_first_use": False})
        )
        yield


@pytest.fixture(scope="session")
def real_mail() -> Path:
    """The folder with mail of real lists; skips where it is not there."""
    if not REAL_MAIL.is_dir():
        pytest.skip("the mail of real lists is not here (../shared/mail)")
    return REAL_MAIL


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """One Kafka node for all tests that only need one; skips where Java or Maven is missing."""
    skip_without_kafka()
    cluster = KafkaCluster(tmp_path_factory.mktemp("kafka"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this process of tests; skips where there is none."""
    cluster = start_cluster()
    yield cluster
    cluster.close()


@pytest.fixture(params=DATABASES)
def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """Gives URLs of databases that are empty: a test that asks for it runs on each kind."""
    return fresh_databases(request.param, tmp_path, request)


@pytest.fixture
def database_url(fresh_database: Fresh) -> str:
    """The URL of a database that is empty: a test that asks for it runs on each kind."""
    return fresh_database()


@pytest.fixture(params=DATABASES)
def data_directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data directory whose settings name a database: a test that asks for it runs on each kind."""
    return make_data_directory(request.param, tmp_path, request)


@pytest.fixture(params=COMBINATIONS)
def whole_directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data directory whose settings name a log and a database: for the few tests that run on all combinations."""
    log, database = request.param
    return make_data_directory(database, tmp_path, request, log=log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests want to be seen: which allowed differences they met, and how often."""
    for report in terminalreporter.stats.get("", []):  # the tear-downs, which know what was met
        for name, text in getattr(report, "user_properties", []):
            if name == "met" and report.when == "teardown":
                terminalreporter.write_line(f"met by {report.nodeid.rpartition('::')[2]}: {text}")
