"""A client that follows a project's feed and may be killed: `python feed_client.py HOST PORT FILE WAY NAMES PERPAGE`.

What it has seen, and where it goes on, is in FILE: written as a whole under another name, brought to the disk and
renamed before it asks on. WAY is how it asks: "since" with the last event_time, "after" by the Link of the last
answer, or "wait" behind the last event's id, with the answer waiting for something to come. It writes a dot at each
step, so that whoever kills it can do so at any of them. It uses nothing of ours.
"""

import http.client
import json
import os
import select
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

POLL_SECONDS = 0.02
"""How often one that does not wait for answers asks again while nothing comes."""
WAIT_SECONDS = 60


class Seen(NamedTuple):
    """Every event so far, and where the next question begins: a time, a URL, or an event's id; "" at the beginning."""

    position: str
    events: list[dict[str, Any]]


def follow(connection: http.client.HTTPConnection, file: str, way: str, names: str, perpage: str) -> None:
    """Ask for ever."""
    seen = read(file)
    while True:
        step()
        connection.request("GET", question(way, names, perpage, seen.position))
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, (response.status, body)
        events = json.loads(body)["results"]
        step()
        if events:
            link = response.getheader("Link", "")
            position = {"since": events[-1]["event_time"], "after": link, "wait": str(events[-1]["id"])}[way]
            seen = Seen(position, seen.events + events)
            write(file, seen)
            step()
        elif way != "wait":
            select.select([], [], [], POLL_SECONDS)


def question(way: str, names: str, perpage: str, position: str) -> str:
    """The path and query to ask for."""
    if way == "after" and position:
        parts = urlsplit(position.removeprefix("<").partition(">")[0])
        return f"{parts.path}?{parts.query}"
    parameters = {"perpage": perpage, **({"name": names} if names else {})}
    if way == "since":
        parameters |= {"ordering": "event_time", "since": position}
    else:
        parameters |= {"after": position or "0"}
    if way == "wait":
        parameters |= {"wait": str(WAIT_SECONDS)}
    return f"/api/1.0/projects/demo/events/?{urlencode(parameters)}"


def read(file: str) -> Seen:
    """What an earlier life stored."""
    stored = Path(file)
    return Seen(*json.loads(stored.read_text())) if stored.exists() else Seen("", [])


def write(file: str, seen: Seen) -> None:
    """Store it so that either all of it is there or what was there before."""
    fresh = Path(f"{file}.new")
    with fresh.open("w") as stream:
        stream.write(json.dumps(seen))
        stream.flush()
        os.fsync(stream.fileno())
    step()
    fresh.replace(file)


def step() -> None:
    os.write(sys.stdout.fileno(), b".")


if __name__ == "__main__":
    host, port, *rest = sys.argv[1:]
    follow(http.client.HTTPConnection(host, int(port)), *rest)
