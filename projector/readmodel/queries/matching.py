"""Finding text inside names, whatever the case of its letters.

Each letter that has other cases becomes a class of them, `[äÄ]`, in a GLOB pattern of SQLite, whose LIKE folds ASCII
only, or in a regular expression of PostgreSQL, whose ILIKE folds as the collation says; so both find the same, and
PostgreSQL's trigrams serve regular expressions too. A letter whose other case is longer than one letter (`ß`) matches
itself alone.
"""

from typing import Any

from sqlalchemy import Boolean, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from projector.readmodel.tables import person

PEOPLE_WITH_EMAILS = select(person.c.id).where(person.c.email.in_(bindparam("emails", expanding=True)))
"""The ids of the people who have one of some addresses."""

LENGTH_MAX = 2000
"""Longer texts are cut: SQLite refuses patterns of 50,000 bytes, and no name is that long."""


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


def _glob_class(letter: str) -> str:
    return _class(letter) or (f"[{letter}]" if letter in "*?[" else letter)


def _regex_class(letter: str) -> str:
    return _class(letter) or (f"\\{letter}" if letter.isascii() and not letter.isalnum() else letter)


def _class(letter: str) -> str:
    """All cases of a letter in brackets; "" for what has one case."""
    cases = {letter, *(case for case in (letter.lower(), letter.upper(), letter.title()) if len(case) == 1)}
    return f"[{''.join(sorted(cases))}]" if len(cases) > 1 else ""


@compiles(contains, "postgresql")
def _compile_regex(element: contains, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} ~ {compiler.process(pattern, **options)}"


@compiles(contains, "sqlite")
def _compile_glob(element: contains, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} GLOB {compiler.process(pattern, **options)}"
