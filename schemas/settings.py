"""The settings of every command, read from the environment and from patchlog.toml."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field a setting; the environment variable is `PATCHLOG_` and the name in capitals."""

    data: str = "./patchlog-data"
    log: str = ""
    """URL of the log; "" is `sqlite:///DATA/log.db`."""
    database: str = ""
    """URL of the read model; "" is `sqlite:///DATA/readmodel.db`."""
    smtp: str = "127.0.0.1:8025"
    http: str = "127.0.0.1:8000"
    smtp_shared: bool = False
    """Whether further receivers of this machine may listen at the same address; each gets a part of the sessions."""
    lmtp: str = ""
    """Where mail is received by LMTP too: HOST:PORT, or the absolute path of a Unix socket; "" is nowhere."""
    lmtp_mode: str = "660"
    """The Unix socket's permissions, octal."""
    smtp_clients: str = "127.0.0.0/8,::1/128"
    """Networks that may deliver, comma-separated (CIDR)."""
    smtp_recipients: str = ""
    """Addresses or @domains that are accepted, comma-separated; "" accepts any."""
    smtp_proxies: str = ""
    """Networks of proxies whose connections begin with a PROXY header, comma-separated (CIDR)."""
    smtp_certificate: str = ""
    """PEM file with the certificate and its chain; "" offers no STARTTLS."""
    smtp_key: str = ""
    """PEM file with the certificate's key; "" is in the same file."""
    smtp_users: str = ""
    """File of NAME:HASH lines (Argon2): who may deliver from elsewhere, by AUTH after STARTTLS; "" is nobody."""
    smtp_sessions_max: int = 500
    smtp_client_sessions_max: int = 50
    """Sessions of one address (of one /64 network in IPv6) at a time."""
    smtp_recipients_max: int = 1000
    """Recipients of one mail."""
    smtp_idle_seconds: float = 300.0
    """How long a client may be silent."""
    smtp_mail_seconds: float = 600.0
    """How long one mail may take to come."""
    smtp_memory_bytes: int = 134217728
    """What the mails that are being received may hold in memory, all together; one client has at most half."""
    disk_reserve_bytes: int = 268435456
    """Mail is deferred when less than this is free on the disk of a SQLite log, and an import stops at twice as much;
    0 asks nothing."""
    max_mail_bytes: int = 26214400
    base_url: str = ""
    """The URL under which readers reach the API; "" takes it from each request."""
    api_workers: int = 2
    write_wait_seconds: float = 5.0
    """How long a change over HTTP waits for the projector before the answer is 202."""
    http_connections_max: int = 500
    """Connections that one process of the API keeps at a time."""
    http_client_connections_max: int = 100
    """Those of one address (of one /64 network in IPv6); any number of those of `http_proxies`."""
    http_request_seconds: float = 30.0
    """How long a request may take to come, its body included."""
    http_answer_seconds: float = 30.0
    """Who reads an answer at less than 4 KB a second for so long is hung up on."""
    http_memory_bytes: int = 134217728
    """What answers may hold in memory until they are read, in one process of the API."""
    http_proxies: str = "127.0.0.1,::1"
    """Networks of proxies, comma-separated (CIDR): of these the client is whom they forward for, by X-Forwarded-For."""
    http_names: str = ""
    """Host names under which readers reach the API, comma-separated, without `base_url`: links lead to no other name
    that a request brings, but to localhost and the address where it came; "*" is any name."""
    http_waits_max: int = 100
    """Requests that wait for events, in one process of the API."""
    http_client_waits_max: int = 20
    """Those of one client."""
    http_client_query_seconds: float = 30.0
    """Time that long queries of one client may take in a minute, in one process of the API."""
    summary_max_length: int = 65536
    """Characters that a test result's summary may have."""
    ingest_http: str = ""
    """Where the receiver answers /healthz, /readyz and /metrics, HOST:PORT; "" nowhere."""
    projector_http: str = ""
    """The same of the projector. The API answers them where it serves."""
    metrics_clients: str = "127.0.0.0/8,::1/128"
    """Networks that may read /metrics, comma-separated (CIDR)."""
    log_format: str = "text"
    """"text" or "json"."""

    @property
    def log_url(self) -> str:
        return self.log or f"sqlite:///{self.data}/log.db"

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.data}/readmodel.db"


def read_settings(environment: Mapping[str, str], file: Mapping[str, Any], **given: str | None) -> Settings:
    """Merge settings: `given` (the command line) over the environment over the file over the defaults.

    Keys of `environment` and `file` are `PATCHLOG_NAME`; the file may also spell them `name`. Raises ValueError naming
    the setting, what was expected and what came.
    """
    merged: dict[str, Any] = {}
    for key, value in file.items():
        merged[key.removeprefix("PATCHLOG_").lower()] = value
    for key, value in environment.items():
        if key.startswith("PATCHLOG_"):
            merged[key.removeprefix("PATCHLOG_").lower()] = value
    merged.update({key: value for key, value in given.items() if value is not None})
    try:
        return msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"settings: {error}") from None
