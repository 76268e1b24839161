"""Lines for the operator."""

import json
import subprocess
import sys

import pytest

from ingest.journal import keep_journal

TELL = """
import sys, structlog
from ingest.journal import keep_journal
keep_journal(sys.argv[1])
logger = structlog.get_logger("x")
logger.debug("not told")
logger.info("mail recorded", record=7, message_id="a@example.org", reason="two\\nlines \\udcff")
"""


def told(log_format: str) -> list[str]:
    run = subprocess.run([sys.executable, "-c", TELL, log_format], capture_output=True, text=True, check=True)
    return run.stderr.splitlines()


def test_text_is_one_line_of_words() -> None:
    (line,) = told("text")
    assert line.startswith("timestamp=2")
    assert ' level=info event="mail recorded" record=7 message_id=a@example.org ' in line


def test_json_is_one_object_a_line_whatever_is_in_it() -> None:
    (line,) = told("json")
    fields = json.loads(line)
    assert (fields["level"], fields["event"], fields["record"]) == ("info", "mail recorded", 7)


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="log_format: expected one of text, json, came 'xml'"):
        keep_journal("xml")
