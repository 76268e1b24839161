"""Parts are child processes: started in order, started again, heard line by line, stopped in order."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import pytest

from patchlog.supervise import Lines, Part, Supervision

WAITS = "import signal, sys; print(sys.argv[1] + ' began', flush=True); signal.pause()"
ENDS = "import sys; sys.stdout.write('last words without a line end'); sys.exit(3)"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param([b"one\ntwo\n"], [b"one", b"two"], id="whole lines"),
        pytest.param([b"on", b"e\ntw", b"o\n"], [b"one", b"two"], id="cut anywhere"),
        pytest.param([b"one\ntwo"], [b"one", b"two"], id="the last without an end"),
        pytest.param([b"\n\n"], [b"", b""], id="empty lines"),
        pytest.param([b"\xff\0\n"], [b"\xff\0"], id="bytes that are no text"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_lines(printed: list[bytes], expected: list[bytes]) -> None:
    written: list[tuple[str, bytes]] = []
    lines = Lines(lambda name, line: written.append((name, line)))
    for data in printed:
        lines.add("part", data)
        lines.add("other", b"between ")
    lines.finish("part")
    assert written == [("part", line) for line in expected]


def supervise(parts: list[Part], on_line: Callable[[Supervision, str, str], None]) -> list[str]:
    """Run parts until something stops them, and give what was printed, as "name: line"."""
    printed: list[str] = []

    def write(name: str, line: bytes) -> None:
        printed.append(f"{name}: {line.decode()}")
        on_line(supervision, name, line.decode())

    kept = {number: signal.getsignal(number) for number in (*STOPS, signal.SIGQUIT, signal.SIGCHLD, signal.SIGUSR2)}
    supervision = Supervision(parts, write)
    try:
        supervision.run()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    return printed


STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def part(name: str, program: str) -> Part:
    return Part(name, (sys.executable, "-c", program, name), stop_seconds=20)


@pytest.mark.parametrize("stop", STOPS, ids=lambda number: number.name)
def test_a_signal_stops_them_in_their_order(stop: signal.Signals) -> None:
    farewell = "import signal, sys\ndef end(*_):\n print('ended', flush=True); sys.exit()\nsignal.signal(15, end)\n"
    program = f"exec({farewell!r}); {WAITS}"
    begun: set[str] = set()

    def when_all_began(supervision: Supervision, name: str, line: str) -> None:
        if line.endswith("began"):
            begun.add(name)
            if len(begun) == 3:
                os.kill(os.getpid(), stop)

    printed = supervise([part(name, program) for name in ("first", "second", "third")], when_all_began)
    assert [line for line in printed if line.endswith("ended")] == ["first: ended", "second: ended", "third: ended"]


def test_a_part_that_ends_is_reported_and_started_again() -> None:
    ended: list[str] = []
    heard: list[str] = []

    def at_the_second_time(supervision: Supervision, name: str, line: str) -> None:
        supervision.on_exit = ended.append
        heard.append(name)
        if heard.count("short") == 2:
            supervision.stop()

    printed = supervise([part("short", ENDS)], at_the_second_time)
    assert printed.count("short: last words without a line end") == 2
    assert "up: exited: short (exit status 3; not expected)" in printed
    assert ended[0] == "short"


def test_it_can_be_stopped_from_another_thread() -> None:
    def when_it_began(supervision: Supervision, name: str, line: str) -> None:
        if line.endswith("began"):
            threading.Thread(target=supervision.stop).start()

    assert "part: part began" in supervise([part("part", WAITS)], when_it_began)


def test_a_signal_ends_a_child_that_has_not_become_a_part_yet() -> None:
    options = Supervision([part("a", WAITS)], lambda name, line: None)._options
    kept = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        child = options.fork()
        if child == 0:
            time.sleep(20)
            os._exit(0)
    finally:
        signal.signal(signal.SIGTERM, kept)
    os.kill(child, signal.SIGTERM)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM
