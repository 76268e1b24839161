"""How much room is left on a disk of this machine that something of ours is on."""

import os
from pathlib import Path
from typing import NamedTuple


class Room(NamedTuple):
    """Bytes that we may still write, and bytes in all."""

    free_bytes: int
    size_bytes: int


def room_of(url: str) -> Room | None:
    """The room for what a `sqlite:///PATH` URL names; None for what is on no disk of this machine, or not there."""
    if not url.startswith("sqlite:///"):
        return None
    try:
        found = os.statvfs(Path(url.removeprefix("sqlite:///")).parent)
    except OSError:
        return None
    return Room(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)
