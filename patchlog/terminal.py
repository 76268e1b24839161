"""Prints what strangers wrote: a mail may hold anything, and a terminal obeys some of it."""

import json
import shutil
import sys
import textwrap

import click
import msgspec

STRANGE = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """One line of text in which everything that is not to be seen is U+FFFD, or "?" where the output lacks that too.

    That is control characters, which begin a terminal's commands, marks that turn the direction of writing, halves of
    surrogates, tabs and line ends, and letters that the standard output's charset has not.
    """
    shown = "".join(character if character.isprintable() else STRANGE for character in text)
    encoding = sys.stdout.encoding or "utf-8"
    return shown.encode(encoding, "replace").decode(encoding)


def say(line: str) -> None:
    """Print one line, however strange."""
    click.echo(plain(line))


def say_short(line: str) -> None:
    """Print one line, however strange; on a terminal what has no room in its line ends with an ellipsis."""
    shown = plain(line)
    if sys.stdout.isatty():
        from rich.text import Text

        text = Text(shown)
        text.truncate(shutil.get_terminal_size().columns, overflow="ellipsis")
        shown = text.plain
    click.echo(shown)


def tell(sentence: str, *, err: bool = False) -> None:
    """Print a sentence: on a terminal broken between words where it is longer than a line, elsewhere as it is.

    What has no white space in it, such as a path or a hash, stays whole, to be copied. err: to the standard error.
    """
    stream = sys.stderr if err else sys.stdout
    if stream.isatty():
        columns = shutil.get_terminal_size().columns
        lines = textwrap.wrap(sentence, columns, break_long_words=False, break_on_hyphens=False)
        sentence = "\n".join(lines)
    click.echo(sentence, err=err)


def print_ascii(document: object) -> None:
    """Print a document for programs, in ASCII, so that it can be looked at on a terminal as well."""
    click.echo(json.dumps(msgspec.to_builtins(document), indent=2))
