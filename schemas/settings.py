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
    smtp_clients: str = "127.0.0.0/8,::1/128"
    """Networks that may deliver, comma-separated (CIDR)."""
    smtp_recipients: str = ""
    """Addresses or @domains that are accepted, comma-separated; "" accepts any."""
    max_mail_bytes: int = 26214400
    base_url: str = ""
    """The URL under which readers reach the API; "" takes it from each request."""
    api_workers: int = 2
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
