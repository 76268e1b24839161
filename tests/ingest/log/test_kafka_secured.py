"""TLS and a password: the URL's options reach every connection, those of the stand-by's group too."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.log import LogError, make_log, open_log
from tests.ingest.log.contract import numbers
from tests.ingest.log.facts import state
from tests.kafka_cluster import KafkaCluster, skip_without_kafka

pytestmark = pytest.mark.xdist_group("kafka")
PASSWORD = "p=ss&w rd"
PROPERTIES = """
listener.security.protocol.map=PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
username="admin" password="admin" user_admin="admin" user_patchlog="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/certificate.pem
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the certificate and the passwords are."""
    folder = tmp_path_factory.mktemp("secured")
    files = ("-keyout", folder / "key.pem", "-out", folder / "certificate.pem")
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", *files, *name], check=True)
    (folder / "server.pem").write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "wrong").write_text("guessed\n")
    return folder


@pytest.fixture(scope="module")
def secured(folder: Path) -> Iterator[KafkaCluster]:
    skip_without_kafka()
    cluster = KafkaCluster(folder / "kafka")
    cluster.stop()
    with (folder / "kafka" / "node-1" / "server.properties").open("a") as file:
        file.write(PROPERTIES.format(folder=folder, password=PASSWORD))
    cluster.start()
    yield cluster
    cluster.stop()


def url_of(cluster: KafkaCluster, folder: Path, password: str = "password") -> str:
    return (
        f"kafka://{cluster.bootstrap}/patchlog.log?security_protocol=SASL_SSL&ssl_cafile={folder}/certificate.pem"
        f"&sasl_mechanism=PLAIN&sasl_plain_username=patchlog&sasl_plain_password_file={folder}/{password}"
    )


def test_everything_works_over_tls_with_a_password(secured: KafkaCluster, folder: Path) -> None:
    url = url_of(secured, folder)
    make_log(url)
    log = open_log(url)
    (id,) = log.append([state(1)])
    assert numbers(log.read(0)) == [1]
    assert log.wait(id - 1, 10)
    turn = log.turn("work")
    assert turn.wait(60)
    turn.close()
    log.close()


def test_a_wrong_password_is_said_at_the_start(secured: KafkaCluster, folder: Path) -> None:
    with pytest.raises(LogError, match="are user and password right"):
        open_log(url_of(secured, folder, password="wrong"))


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(secured: KafkaCluster, folder: Path) -> None:
    with pytest.raises(LogError, match="certificate verify failed"):
        open_log(url_of(secured, folder).replace(f"&ssl_cafile={folder}/certificate.pem", ""))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("kafka://host/log", "expected kafka://HOST:PORT,HOST:PORT/TOPIC"),
        ("kafka://host:9092", "expected kafka://HOST:PORT,HOST:PORT/TOPIC"),
        ("kafka://user:secret@host:9092/log", "expected kafka://HOST:PORT,HOST:PORT/TOPIC"),
        ("kafka://host:9092/a/b", "expected kafka://HOST:PORT,HOST:PORT/TOPIC"),
        ("kafka://host:9092/log?sasl_plain_password=x", "came 'sasl_plain_password'"),
        ("kafka://host:9092/log?security_protocol=TLS", "expected security_protocol to be one of PLAINTEXT, SSL"),
        ("kafka://host:9092/log?ssl_password_file=/none", "ssl_password_file: cannot read /none"),
    ],
)
def test_a_url_that_cannot_be_is_refused(url: str, said: str) -> None:
    with pytest.raises(LogError) as caught:
        open_log(url)
    assert said in str(caught.value)
