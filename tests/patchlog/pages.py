"""The pages for people, taken apart: their links, their anchors, and the commands that they show."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md")),
)
PROGRAMS = ("patchlog", "patchlog-command")
TOOLS = ["docker", "compose", "run", "--rm", "tools"]
"""The container in which docker-compose.yml runs one command."""

SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
SET_IN = re.compile(r"(?<=\n\n)(?:    .*\n(?:\n(?=    ))*)+")


class Link(NamedTuple):
    """file: as it is written, "" for the page itself; anchor: without its #, or ""."""

    file: str
    anchor: str


def read(page: str) -> str:
    """A page's text; page is its path below the project."""
    return (ROOT / page).read_text()


def links(text: str) -> list[Link]:
    """Every link to a file of ours, in order; those to other sites are left out."""
    targets = re.findall(r"\]\(([^)\s]+)\)", without_blocks(text))
    parts = (target.partition("#") for target in targets if not re.match(r"[a-z]+:", target))
    return [Link(file, anchor) for file, _, anchor in parts]


def anchors(text: str) -> set[str]:
    """What can stand behind a # to lead to one of the headings: as GitHub makes it, for headings that differ."""
    headings = re.findall(r"^#+ +(.+)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def blocks(text: str) -> list[str]:
    """Blocks of code, fenced or set in by four spaces, without what sets them off."""
    fenced = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
    found = fenced.findall(text)
    found += [dedent(block) for block in SET_IN.findall(fenced.sub("", text))]
    return found


def without_blocks(text: str) -> str:
    """The page's running text."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return SET_IN.sub("", text)


def spans(text: str) -> list[str]:
    """What stands between back-ticks in the running text, each on one line; also between those inside of others."""
    found = [" ".join(span.split()) for _, span in SPAN.findall(without_blocks(text))]
    return [*found, *(inner for span in found if "`" in span for inner in re.findall(r"`([^`]+)`", span))]


def shown_commands(text: str) -> list[list[str]]:
    """The arguments of each `patchlog` that the page's blocks of code run, as a shell would split them."""
    return [command for block in blocks(text) for command in commands_of(block)]


def commands_of(block: str) -> Iterator[list[str]]:
    """The arguments of each `patchlog` in some lines for a shell; lines that are none, such as answers, are passed."""
    for line in block.replace("\\\n", " ").splitlines():
        if not any(program in line for program in (*PROGRAMS, " ".join(TOOLS))):
            continue
        lexer = shlex.shlex(line.strip().removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            yield from _commands(list(lexer))
        except ValueError:  # a quote that nobody ends: an answer in JSON or a sentence
            assert not line.lstrip("$ ").startswith("patchlog "), f"expected a line for a shell, came {line!r}"


def _commands(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in [*words, ";"]:
        if word and not word.strip("|;&<>()"):
            while command and re.fullmatch(r"(sudo|exec|time|[A-Z_]+=.*)", command[0]):
                command = command[1:]
            if command and command[0].rpartition("/")[2] in PROGRAMS:
                yield command[1:]
            elif command[: len(TOOLS)] == TOOLS:
                yield command[len(TOOLS) :]
            command = []
        else:
            command.append(word)
