"""The URL of a Kafka log: where the brokers are, which topic, and how to get in.

    kafka://host:9092,host:9092/patchlog.log?security_protocol=SASL_SSL&ssl_cafile=/etc/patchlog/ca.pem

What stands behind the question mark goes to kafka-python under the same names. A password stands in a file, never in
the URL: URLs are printed, and seen in lists of processes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from ingest.log.contract import LogError

SCHEME = "kafka://"
EXPECTED = "kafka://HOST:PORT,HOST:PORT/TOPIC"
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
OPTIONS = frozenset(
    {
        "security_protocol", "ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_crlfile", "ssl_ciphers",
        "sasl_mechanism", "sasl_plain_username", "sasl_kerberos_service_name", "sasl_kerberos_domain_name",
    }
)  # fmt: skip
PASSWORD_FILES = {"sasl_plain_password_file": "sasl_plain_password", "ssl_password_file": "ssl_password"}
TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")


@dataclass(frozen=True)
class KafkaAddress:
    """A URL that was read: `options` are kafka-python's, with the passwords."""

    name: str
    """How the log is called in messages: the URL without its options."""
    servers: tuple[str, ...]
    topic: str
    options: Mapping[str, str]


def read_address(url: str) -> KafkaAddress:
    """Read the URL of a log. Raises LogError that says what was expected, and what came."""
    place, _, query = url.removeprefix(SCHEME).partition("?")
    hosts, slash, topic = place.partition("/")
    servers = tuple(hosts.split(","))
    if not url.startswith(SCHEME) or not slash or not all(map(_is_server, servers)) or not TOPIC.fullmatch(topic):
        raise LogError(f"log URL: expected {EXPECTED}, came {url!r}")
    return KafkaAddress(f"{SCHEME}{place}", servers, topic, _read_options(query))


def _is_server(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return bool(host and colon and "@" not in host and port.isascii() and port.isdecimal() and int(port) <= 65535)


def _read_options(query: str) -> Mapping[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in OPTIONS:
            options[name] = value
        elif name in PASSWORD_FILES:
            options[PASSWORD_FILES[name]] = _read_password(name, value)
        else:
            known = ", ".join(sorted(OPTIONS | PASSWORD_FILES.keys()))
            raise LogError(f"log URL: expected one of {known}, came {name!r}")
    if options.get("security_protocol", "PLAINTEXT") not in PROTOCOLS:
        raise LogError(f"log URL: expected security_protocol to be one of {', '.join(PROTOCOLS)}")
    return options


def _read_password(name: str, path: str) -> str:
    try:
        return Path(path).read_text().rstrip("\n")
    except (OSError, ValueError) as error:
        raise LogError(f"log URL: {name}: cannot read {path}: {error}") from None
