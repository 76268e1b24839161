"""The messages that other systems read from the topic of events: CloudEvents 1.0, in JSON."""

from typing import Any

import msgspec

SPEC_VERSION = "1.0"
TYPE_START = "patchlog."
"""Before the event's name in `type`."""
TYPE_END = ".v1"


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a project's feed. data is the document that the API shows of it.

    id never changes, so whoever reads a message twice knows it. patchlogafter is the place, as RECORD.NUMBER, up to
    which everything had been published before this message was sent: from there a publisher goes on.
    """

    specversion: str = SPEC_VERSION
    id: str
    source: str
    type: str
    subject: str | None
    time: str
    datacontenttype: str = "application/json"
    patchlogafter: str
    data: Any


class Resume(msgspec.Struct, frozen=True):
    """What a publisher wants to know of a message."""

    patchlogafter: str


class Published(msgspec.Struct, frozen=True):
    """What who asks how far publishing is wants to know of a message."""

    id: str
