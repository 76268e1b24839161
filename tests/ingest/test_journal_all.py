"""Everything that a process says is a line of the one logger, and no stranger's text is obeyed by a terminal."""

import json
import subprocess
import sys

import pytest

from ingest.journal import shown

SAY = """
import logging, sys, threading, warnings
import click, structlog
from ingest.journal import keep_journal
keep_journal(sys.argv[1])
STRANGE = "a\\x1b[2Jb\\rc\\0d\\u202ee\\x9b\\u200bf\\n g"
structlog.get_logger().info("mail recorded", subject=STRANGE, many=[STRANGE, 1], error=ValueError(STRANGE))
for name in ("mail.log", "kafka.conn", "gunicorn.error", "some.library"):
    logging.getLogger(name).info("not told")
    logging.getLogger(name).warning("look at %s", STRANGE)
    logging.getLogger(name).warning("one too many %s", 1, 2)
try:
    raise ValueError(STRANGE)
except ValueError:
    logging.getLogger("some.library").exception("failed")
warnings.warn("old ways")
sys.stderr.write("api: cannot listen\\nhalf a line")
sys.stderr.write(" and the rest\\n")
click.echo("Error: no such thing", err=True)
print("to the standard output")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise RuntimeError(STRANGE)
"""
EVIL = ("\x1b", "\r", "\0", "\u202e", "\x9b", "\u200b")


def said(log_format: str) -> str:
    run = subprocess.run([sys.executable, "-c", SAY, log_format], capture_output=True)
    assert run.returncode == 1
    return (run.stdout + run.stderr).decode()


def test_every_line_is_an_object_in_json() -> None:
    text = said("json")
    lines = [json.loads(line) for line in text.splitlines()]
    events = [line["event"] for line in lines]
    for expected in (
        "mail recorded",
        "api: cannot listen",
        "half a line and the rest",
        "Error: no such thing",
        "to the standard output",
    ):
        assert events.count(expected) == 1, text
    assert events.count("stopped by a mistake") == 2
    loggers = [line["logger"] for line in lines if line["event"] == "library says"]
    assert loggers.count("some.library") == 3 and loggers.count("py.warnings") == 1
    assert {"mail.log", "kafka.conn", "gunicorn.error"} <= set(loggers)
    assert "not told" not in text
    values = [str(value) for line in lines for value in line.values()]
    assert not [value for value in values for evil in EVIL if evil in value]


def test_no_line_is_obeyed_by_a_terminal_in_text() -> None:
    text = said("text")
    assert not [evil for evil in EVIL if evil in text]
    assert "\\x1b[2J" in text.replace("\\\\", "\\")
    assert text.count("stopped by a mistake") == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ä €", "plain ä €"),
        ("a\tb\x1bc", "a\\tb\\x1bc"),
        ("one\ntwo", "one\ntwo"),
        ("\u202e\udcff", "\\u202e\\udcff"),
    ],
)
def test_what_is_not_to_be_seen_stands_as_its_escape(text: str, expected: str) -> None:
    assert shown(text) == expected
