"""format=flowed undone, as git does it."""

import pytest

from ingest.message.flowed import unflow, unstuff


@pytest.mark.parametrize(
    ("content", "joined_first", "delsp", "expected"),
    [
        pytest.param(b"one \ntwo\n", False, False, b"one two\n", id="joined"),
        pytest.param(b"one \ntwo\n", False, True, b"onetwo\n", id="joined without the space"),
        pytest.param(b" From\n  x\n\n", False, False, b"From\n x\n\n", id="stuffed"),
        pytest.param(b"one \n-- \nsig\n", False, False, b"one \n-- \nsig\n", id="a signature is not joined"),
        pytest.param(b"-- \nsig\nlast ", False, False, b"-- \nsig\nlast ", id="a flowed line at the end"),
        pytest.param(b"one  \n two\r\n", True, False, b"one   two\n", id="joined before unstuffed"),
        pytest.param(b"one \n two\n", False, False, b"one two\n", id="unstuffed before joined"),
    ],
)
def test_unflow(content: bytes, joined_first: bool, delsp: bool, expected: bytes) -> None:
    assert unflow(content, delsp=delsp, joined_first=joined_first) == expected


def test_unstuff_leaves_lines_as_they_are() -> None:
    assert unstuff(" one \n  two\nthree") == "one \n two\nthree"
