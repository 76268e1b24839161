"""Finding text inside names, whatever the case of its letters.

SQLite's LIKE folds ASCII only, so there the text becomes a GLOB pattern with a class for each letter that has other
cases: `[äÄ]`. Elsewhere ILIKE does it. A letter whose other case is longer than one letter (`ß`) matches itself alone.
"""

from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

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
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _glob_class(letter: str) -> str:
    cases = {letter, *(case for case in (letter.lower(), letter.upper(), letter.title()) if len(case) == 1)}
    if len(cases) == 1 and letter not in "*?[":
        return letter
    return f"[{''.join(sorted(cases))}]"


@compiles(contains)
def _compile_ilike(element: contains, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} ILIKE {compiler.process(pattern, **options)}"


@compiles(contains, "sqlite")
def _compile_glob(element: contains, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} GLOB {compiler.process(pattern, **options)}"
