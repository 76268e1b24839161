"""Prints what strangers wrote: a mail may hold anything, and a terminal obeys some of it."""

import json
import sys

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


def print_ascii(document: object) -> None:
    """Print a document for programs, in ASCII, so that it can be looked at on a terminal as well."""
    click.echo(json.dumps(msgspec.to_builtins(document), indent=2))
