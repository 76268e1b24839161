"""How long an event loop stands still: a task on it is to be woken every millisecond, and notes when it is not."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import uvloop

BEAT_SECONDS = 0.001
NOTED_SECONDS = 0.002
"""What is shorter is the machine's."""


class Pause(NamedTuple):
    """When it ended, by time.monotonic(); how long it was; and how much of it the loop's own thread was at work."""

    end: float
    seconds: float
    cpu_seconds: float


async def beat(pauses: list[Pause]) -> None:
    """Note every pause, for ever."""
    while True:
        begun, cpu = time.monotonic(), time.thread_time()
        await asyncio.sleep(BEAT_SECONDS)
        end = time.monotonic()
        seconds = end - begun - BEAT_SECONDS
        if seconds > NOTED_SECONDS:
            pauses.append(Pause(end, seconds, time.thread_time() - cpu))


def longest(pauses: list[Pause], begun: float, end: float) -> Pause:
    """The longest that lies in a time, or touches it."""
    within = [pause for pause in pauses if pause.end >= begun and pause.end - pause.seconds <= end]
    return max(within, key=lambda pause: pause.seconds, default=Pause(end, 0.0, 0.0))


def receive(data: str, smtp: str, notes: str) -> None:
    """Serve SMTP as `patchlog ingest` does, until SIGTERM, and write the pauses of its loop to a file."""
    from ingest.app import serve
    from ingest.journal import keep_journal
    from ingest.memory import keep_mappings_apart
    from schemas.settings import Settings

    pauses: list[Pause] = []

    async def both() -> None:
        beating = asyncio.create_task(beat(pauses))
        await serve(Settings(data=data, smtp=smtp))
        beating.cancel()

    keep_journal("text")
    keep_mappings_apart()
    uvloop.run(both())
    Path(notes).write_text(json.dumps(pauses))


if __name__ == "__main__":
    receive(*sys.argv[1:])
