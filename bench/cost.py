"""CPU per mail: in large threads and in small ones, with few mails stored and with many, and of hostile mail; and how
long the event loops of the receiver and of the API stand still.

`python -m bench.cost` prints the worst hostile mails too; `python -m bench.cost STORED` says another number of mails
than 100,000 to have stored; `python -m bench.cost pauses` measures the loops alone, and `python -m bench.cost shapes
[PATCHES] [SHAPE...]` threads of patches alone, of every shape that somebody could give one.
"""

import sys
from itertools import chain

from bench import hostile, stalling, standing
from bench.figures import Figure, over_rounds, table
from bench.folding import per_mail, projecting, received
from bench.mailing import mails
from bench.shapes import SHAPES, thread, threads
from bench.threads import one_thread, small_threads

THREAD = 2000
SHAPED, SMALL = 5_000, 300
"""Patches in one thread of a shape, and in threads of ten together."""
STORED_FEW, STORED_MANY, STORED_QUICK = 1_000, 100_000, 10_000
NEXT = 2_000
"""Mails that are measured on top of what is stored."""
MS = 1000.0


def measure(quick: bool) -> list[Figure]:
    """All figures; the worst hostile mail against a plain one where the mail is here."""
    stored = _stored(STORED_QUICK if quick else STORED_MANY)
    shapes = [] if quick else [figure for name in SHAPES for figure in _shaped(name, SHAPED)]
    return [*_threads(), *shapes, *stored, *hostile.figures(), *stalling.figures(), *standing.figures(quick)]


def _threads() -> list[Figure]:
    small, big = per_mail(small_threads(THREAD)), per_mail(one_thread(THREAD))
    return [
        over_rounds("fold, threads of 10", [MS * each for each in small], "ms CPU/mail"),
        over_rounds(f"fold, one thread of {THREAD:,}, a tenth posted", [MS * each for each in big], "ms CPU/mail"),
        Figure("the large thread against small ones (at most 3)", min(big) / min(small), "times"),
    ]


def _shaped(name: str, patches: int) -> list[Figure]:
    """What a patch costs in threads of ten of a shape, and in one of so many; the best of two for the small ones."""
    shape = SHAPES[name]
    small = min(_cost(threads(shape, SMALL)) for _ in range(2))
    big = _cost(thread(shape, patches))
    return [
        Figure(f"fold, {name}, threads of 10", MS * small, "ms CPU/mail"),
        Figure(f"fold, {name}, one thread of {patches:,}", MS * big, "ms CPU/mail"),
        Figure(f"{name}: the large thread against small ones (at most 3)", big / small, "times"),
    ]


def _cost(raws: list[bytes]) -> float:
    with projecting() as made:
        return made.fold(received(raws)) / len(raws)


def _stored(many: int) -> list[Figure]:
    """What the next mails cost once some are stored, and once many are; they are the same mails, the list goes on."""
    few, full = _next(STORED_FEW), _next(many)
    return [
        Figure(f"fold, {STORED_FEW:,} mails stored", MS * few, "ms CPU/mail"),
        Figure(f"fold, {many:,} mails stored", MS * full, "ms CPU/mail"),
        Figure("many stored against few", full / few, "times"),
    ]


def _next(stored: int) -> float:
    raws = [mail.raw for mail in mails(stored + NEXT)]
    with projecting() as made:
        made.fold(received(raws[:stored]))
        return made.fold(received(chain(raws[stored:]))) / NEXT


def main() -> None:
    if sys.argv[1:] == ["pauses"]:
        print(table([*stalling.figures(), *standing.figures(quick=False)]), flush=True)
        return
    if sys.argv[1:2] == ["shapes"]:
        patches = int(sys.argv[2]) if len(sys.argv) > 2 else SHAPED
        for name in sys.argv[3:] or SHAPES:
            print(table(_shaped(name, patches)), flush=True)
        return
    stored = int(sys.argv[1]) if len(sys.argv) > 1 else STORED_MANY
    print(table([*_threads(), *_stored(stored)]), flush=True)
    hostile.show_worst()


if __name__ == "__main__":
    main()
