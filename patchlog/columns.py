"""Lists that people look at: a table on a terminal, a line each with tabs between elsewhere."""

import sys
from collections.abc import Collection, Iterable, Sequence

import click

from patchlog.terminal import plain

WIDE = 120
"""Columns that a terminal has to have for those of a list that others can do without."""
GAP = 2
WIDTH_MIN = 8
"""A column gives way no further."""


def print_columns(headings: Sequence[str], rows: Iterable[Sequence[str]], *, wide: Collection[str] = ()) -> None:
    """Print rows. On a terminal each is one line, and what has no room in it ends with an ellipsis.

    wide: the headings of columns that are left out on a terminal with fewer than WIDE columns. The last of the others
    gives way first. Elsewhere all columns are printed whole, without headings.
    """
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    shown = [at for at, heading in enumerate(headings) if console.width >= WIDE or heading not in wide]
    cells = [[row[at] for at in shown] for row in rows]
    if not cells:
        return
    widths = _fitting([headings[at] for at in shown], cells, console.width)
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for at, width in zip(shown, widths, strict=True):
        table.add_column(headings[at], no_wrap=True, overflow="ellipsis", width=width)
    for row in cells:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console.print(table)


def _fitting(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide the columns are: as what is in them, but for the last ones where that is more than `width` in all."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    over = sum(widths) + GAP * (len(widths) - 1) - width
    for at in reversed(range(len(widths))):
        less = min(max(over, 0), max(widths[at] - WIDTH_MIN, 0))
        widths[at] -= less
        over -= less
    return widths
