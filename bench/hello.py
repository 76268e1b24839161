"""What this machine does in a given time, by something that everybody can run: Falcon saying hello under gunicorn."""

import sys
from functools import cache
from statistics import median

import falcon.asgi

from bench.http_load import cost, load
from bench.processes import free_port, serving

SECONDS, ROUNDS = 1, 5
WHERE_GOALS_WERE_SET_MS = 0.036
"""CPU for one hello on the machine for which the goals were set."""


class Hello:
    """Says it."""

    async def on_get(self, request: falcon.asgi.Request, response: falcon.asgi.Response) -> None:
        response.text = "hello"


def make_app() -> "falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response]":
    app = falcon.asgi.App()
    app.add_route("/", Hello())
    return app


@cache
def hello_ms() -> float:
    """Milliseconds of CPU that one hello takes one worker, the median of some rounds; measured once."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "asgi", "--asgi-loop", "uvloop"]
    command += ["--no-control-socket", "--bind", f"127.0.0.1:{port}", "bench.hello:make_app()"]
    with serving(command, port) as pid:
        load(port, "/", SECONDS)
        return median(cost(pid, port, "/", SECONDS)[1] for _ in range(ROUNDS))


def slowness() -> float:
    """How many times what it took where the goals were set."""
    return hello_ms() / WHERE_GOALS_WERE_SET_MS
