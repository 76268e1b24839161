"""docs/troubleshooting.md has every message that the program's code has, as it is there, and no other."""

import re

import pytest

from tests.patchlog.messages import gather, messages
from tests.patchlog.pages import read

MESSAGES = re.compile(r"(`+) ?(.+?) ?\1")


def on_the_page() -> list[str]:
    """The messages in the first cells of the tables, but for the first table, of what people see."""
    rows = re.findall(r"^\| (`.+?) \| .+ \|$", read("docs/troubleshooting.md"), re.MULTILINE)
    return [text for row in rows for _, text in MESSAGES.findall(row)]


def test_every_message_of_the_code_is_on_the_page() -> None:
    page = set(on_the_page())
    assert [message for message in messages() if message.text not in page] == []


def test_every_message_of_the_page_is_in_the_code_and_told_once() -> None:
    page, code = on_the_page(), {message.text for message in messages()}
    assert [text for text in page if text not in code] == []
    assert len(page) == len(set(page))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param('raise ValueError(f"{x}: expected a, came {y!r}")', ["…: expected a, came …"], id="exception"),
        pytest.param('raise Away("the log " "is away") from None', ["the log is away"], id="one of ours"),
        pytest.param("raise Away(GONE.format(7))", ["generation … is gone"], id="a constant"),
        pytest.param('raise Away(f"x: {MOVED}")', ["x: it moved"], id="a constant inside"),
        pytest.param('raise OSError("the disk is " + why)', ["the disk is …"], id="a sum"),
        pytest.param('why = "no " "way"; raise Away(f"{x}: {why}")', ["…: no way"], id="a local name"),
        pytest.param(
            'raise Away("the log is on" if x else "the log is off")', ["the log is on", "the log is off"], id="two ways"
        ),
        pytest.param('logger.warning("mail deferred", why=x)', ["mail deferred"], id="journal"),
        pytest.param('logger.info("mail recorded")', [], id="journal, nothing wrong"),
        pytest.param('click.echo(f"Error: {x} is bad", err=True)', ["Error: … is bad"], id="standard error"),
        pytest.param('click.echo("done with it")', [], id="standard output"),
        pytest.param('sys.stderr.write(f"api: {x}\\n")', ["api: …"], id="standard error, plainly"),
        pytest.param('await self.push("451 4.3.0 Later, please")', ["451 4.3.0 Later, please"], id="SMTP"),
        pytest.param('await self.push("250 2.0.0 Well done")', [], id="SMTP, nothing wrong"),
        pytest.param('yield Fault("a disk", f"the {x} is full")', ["the … is full"], id="fault"),
        pytest.param('raise Away(f"{x}: {y}")', [], id="what another says"),
    ],
)
def test_a_message_is_found_in_the_code(line: str, expected: list[str]) -> None:
    module = f'class Away(Exception): pass\nGONE = "generation {{}} is gone"\nasync def f(x, y, why):\n    {line}\n'
    there = 'MOVED = "it moved"\n'
    found = gather({"ingest/there.py": there, "ingest/here.py": f"from ingest.there import MOVED\n{module}"})
    assert [message.text for message in found] == expected


def test_a_sentence_of_the_api_and_what_refuses_are_found() -> None:
    refusing = 'def refuse_it(x):\n    """Why not."""\n    return f"user {x} may not" if x else None\n'
    assert [message.text for message in gather({"projector/rights.py": refusing})] == ["user … may not"]
    telling = 'def f():\n    """It is told."""\n    wrong.append("Enter a date.")\n'
    assert [message.text for message in gather({"api/fields.py": telling})] == ["Enter a date."]
