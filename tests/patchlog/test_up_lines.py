"""What `patchlog up` makes of its parts' lines."""

import json
import subprocess
import sys

import pytest

WRITE = """
import sys
from patchlog.cli.up import _write_line, _write_object
write = _write_object if sys.argv[1] == "json" else _write_line
strange = b"api: \\x1b[2Jcannot\\r\\x00 \\xe2\\x80\\xae\\xff"
for line in (b'{"event":"mail recorded","record":7}', strange, b"[1]", b"", b"{broken"):
    write("api", line)
"""


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_lines_of_parts(log_format: str) -> None:
    run = subprocess.run([sys.executable, "-c", WRITE, log_format], capture_output=True, check=True)
    lines = run.stderr.decode().split("\n")
    assert lines.pop() == "" and len(lines) == 5
    assert not [line for line in lines if any(evil in line for evil in ("\x1b", "\r", "\0", "\u202e"))]
    if log_format == "text":
        assert lines[0] == '[api] {"event":"mail recorded","record":7}'
        assert lines[1] == r"[api] api: \x1b[2Jcannot\r\x00 \u202e\xff"
        return
    told = [json.loads(line) for line in lines]
    assert told[0] == {"part": "api", "event": "mail recorded", "record": 7}
    assert [one["part"] for one in told] == ["api"] * 5
    assert [one["event"] for one in told[1:]] == [r"api: \x1b[2Jcannot\r\x00 \u202e\xff", "[1]", "", "{broken"]
