"""Finding text inside names, whatever the case of its letters.

Each letter that has other cases becomes a class of them, `[äÄ]`, in a GLOB pattern of SQLite, whose LIKE folds ASCII
only, or in a regular expression of PostgreSQL, whose ILIKE folds as the collation says; so both find the same, and
PostgreSQL's trigrams serve regular expressions too. A letter whose other case is longer than one letter (`ß`) matches
itself alone.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Boolean, ColumnElement, bindparam, column, select, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from projector.readmodel.tables import person

PEOPLE_WITH_EMAILS = select(person.c.id).where(person.c.email.in_(bindparam("emails", expanding=True)))
"""The ids of the people who have one of some addresses."""

LENGTH_MAX = 2000
"""Longer texts are cut: SQLite refuses patterns of 50,000 bytes, and no name is that long."""

PARTS_MAX = 12
"""Of more three-letter parts the others say little."""
FOLDED_BELOW = "\u0500"
"""Latin, Greek and Cyrillic: here a letter's cases are one letter to SQLite, but for what `_is_sure` leaves out."""
READ_AS_ONE = "\ufffd\ufffe\uffff"
"""SQLite's GLOB takes the two that are no characters for the first of these."""
YOT = frozenset("\u037f\u03f3")
"""A Greek letter whose capital is younger than SQLite's table of cases."""


class contains(FunctionElement[bool]):
    """Whether a column contains the text that the second argument is a pattern of, see `pattern_for`."""

    inherit_cache = True
    name = "contains"
    type = Boolean()


def pattern_for(dialect: str, text: str) -> str:
    """Make the pattern by which `contains` finds `text` in the SQL dialect of this name."""
    text = text[:LENGTH_MAX]
    if dialect == "sqlite":
        return f"*{''.join(map(_glob_class, text))}*"
    return "".join(map(_regex_class, text))


def parts_of(text: str) -> str:
    """The three-letter parts of a text, as FTS5 looks for all of them at once; "" where it has none that are sure.

    What contains the text has them all, but what has them all need not contain it.
    """
    parts = list(dict.fromkeys(_sure_parts(text[:LENGTH_MAX])))
    step = -(-len(parts) // PARTS_MAX) or 1
    return " ".join('"{}"'.format(part.replace('"', '""')) for part in parts[::step])


def with_parts(id_column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The condition that the row's name has all parts of the parameter `parts`; name: of the table that knows."""
    return id_column.in_(select(column("rowid")).select_from(table(name)).where(has_parts(name)))


def has_parts(name: str) -> ColumnElement[bool]:
    """The condition on the rows of that table itself."""
    return column(name).match(bindparam("parts"))


def _sure_parts(text: str) -> Iterator[str]:
    for at in range(len(text) - 2):
        part = text[at : at + 3]
        if all(map(_is_sure, part)):
            yield part


def _is_sure(letter: str) -> bool:
    """Whether SQLite takes all that we take for this letter for one; `\u0131`, say, has the capital of another."""
    cases = _cases(letter)
    is_known = max(cases) < FOLDED_BELOW and letter not in YOT
    return is_known and letter != "\0" and len({case.lower() for case in cases}) == 1


def _glob_class(letter: str) -> str:
    return _class(letter) or (f"[{letter}]" if letter in "*?[" else letter)


def _regex_class(letter: str) -> str:
    if letter in READ_AS_ONE:
        return f"[{READ_AS_ONE}]"
    return _class(letter) or (f"\\{letter}" if letter.isascii() and not letter.isalnum() else letter)


def _class(letter: str) -> str:
    """All cases of a letter in brackets; "" for what has one case."""
    cases = _cases(letter)
    return f"[{''.join(sorted(cases))}]" if len(cases) > 1 else ""


def _cases(letter: str) -> set[str]:
    return {letter, *(case for case in (letter.lower(), letter.upper(), letter.title()) if len(case) == 1)}


@compiles(contains, "postgresql")
def _compile_regex(element: contains, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} ~ {compiler.process(pattern, **options)}"


@compiles(contains, "sqlite")
def _compile_glob(element: contains, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} GLOB {compiler.process(pattern, **options)}"
