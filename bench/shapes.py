"""Threads of patches alone, of every shape that somebody could give one, to see what a mail costs as they grow."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIST_ID = "bench.example.org"
DIFF = "--- a/f{0}\n+++ b/f{0}\n@@ -1 +1 @@\n-a\n+b\n"

Post = Callable[..., None]
Shape = Callable[["_Posting", int], None]


class _Posting:
    """Patches of one thread as they are sent, one minute after the other."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.raws: list[bytes] = []

    def id(self, number: int) -> str:
        return f"{self.name}-{number}@example.org"

    def send(
        self,
        tag: str,
        title: str,
        above: int | str | None = None,
        *,
        author: str = "",
        minute: int | None = None,
        below: str = "",
        is_cover: bool = False,
        file: int = 1,
        seconds: int = 60,
    ) -> None:
        """Send one. above: the number, or the Message-IDs from the first, of what it answers; below: more lines of its
        message.
        """
        number, author = len(self.raws), f"{author}{self.name}"
        date = START + timedelta(seconds=seconds * (number if minute is None else minute))
        head = f"From: {author} <{author}@example.org>\nSubject: [{tag}] {title}\nDate: {format_datetime(date)}\n"
        head += f"Message-ID: <{self.id(number)}>\nList-Id: <{LIST_ID}>\n"
        if isinstance(above, str):
            head += f"References: {above}\n"
        elif above is not None:
            head += f"In-Reply-To: <{self.id(above)}>\n"
        body = f"{below}\n" if is_cover else f"{below}\n---\n{DIFF.format(file)}"
        self.raws.append(f"{head}\n{body}".encode())


def star(posting: _Posting, patches: int) -> None:
    """All answer the first, each under a name of its own."""
    for number in range(patches):
        posting.send("PATCH", f"{posting.name} {number}", 0 if number else None, file=number)


def chain(posting: _Posting, patches: int) -> None:
    """Each answers the one before."""
    for number in range(patches):
        posting.send("PATCH", f"{posting.name} {number}", number - 1 if number else None, file=number)


def backwards(posting: _Posting, patches: int) -> None:
    """A chain whose last comes first: each is named before it is there."""
    for number in range(patches):
        above = number + 1 if number + 1 < patches else None
        posting.send("PATCH", f"{posting.name} {number}", above, minute=patches - number, file=number)


def versions(posting: _Posting, patches: int) -> None:
    """v1, v2, v3, ... with five change-ids in turn."""
    for number in range(patches):
        posting.send(
            f"PATCH v{number + 1}",
            posting.name,
            0 if number else None,
            below=f"change-id: {posting.name}-{number % 5}\n",
        )


def versions_back(posting: _Posting, patches: int) -> None:
    """As `versions`, with the latest Date first."""
    for number in range(patches):
        posting.send(
            f"PATCH v{patches - number}",
            posting.name,
            0 if number else None,
            minute=patches - number,
            below=f"change-id: {posting.name}-{number % 5}\n",
        )


def change_ids(posting: _Posting, patches: int) -> None:
    """Each with a change-id of its own."""
    for number in range(patches):
        posting.send(
            "PATCH", f"{posting.name} {number}", 0 if number else None, below=f"change-id: {posting.name}-{number}\n"
        )


def one_change(posting: _Posting, patches: int) -> None:
    """All with one change-id, in a chain."""
    for number in range(patches):
        posting.send(
            "PATCH", f"{posting.name} {number}", number - 1 if number else None, below=f"change-id: {posting.name}-1\n"
        )


def one_name(posting: _Posting, patches: int) -> None:
    """All of one name, without markers, without threading."""
    for _ in range(patches):
        posting.send("PATCH", posting.name, None, seconds=3600)


def one_name_below(posting: _Posting, patches: int) -> None:
    """All of one name, without markers, in answer to the first."""
    for number in range(patches):
        posting.send("PATCH", posting.name, 0 if number else None)


def numbers(posting: _Posting, patches: int) -> None:
    """1/n to n/n below the first."""
    for number in range(patches):
        posting.send(f"PATCH {number + 1}/{patches}", f"{posting.name} {number}", 0 if number else None, seconds=1)


def numbers_below_cover(posting: _Posting, patches: int) -> None:
    """A cover letter with n patches."""
    posting.send(f"PATCH 0/{patches - 1}", posting.name, is_cover=True)
    for number in range(1, patches):
        posting.send(f"PATCH {number}/{patches - 1}", f"{posting.name} {number}", 0, seconds=1)


def numbers_alone(posting: _Posting, patches: int) -> None:
    """1/n to n/n without any threading."""
    for number in range(patches):
        posting.send(f"PATCH {number + 1}/{patches}", f"{posting.name} {number}", None, seconds=1)


def one_number(posting: _Posting, patches: int) -> None:
    """The same 1/2 again and again, without threading."""
    for number in range(patches):
        posting.send("PATCH 1/2", f"{posting.name} {number}", None, seconds=1)


def rerolls(posting: _Posting, patches: int) -> None:
    """A series of half as many, and each of its patches replaced once, in answer to it."""
    half = patches // 2
    posting.send(f"PATCH 0/{half - 1}", posting.name, is_cover=True)
    for number in range(1, half):
        posting.send(f"PATCH {number}/{half - 1}", f"{posting.name} {number}", 0, seconds=1)
    for number in range(1, patches - half + 1):
        at = (number - 1) % (half - 1) + 1
        posting.send("PATCH v2", f"{posting.name} {at}", at, minute=half * 2 + number)


def mixed(posting: _Posting, patches: int) -> None:
    """Series of any size, rerolls, replacements and single patches, each below any other."""
    random = Random(7)
    while len(posting.raws) < patches:
        above = random.randrange(len(posting.raws)) if posting.raws and random.random() < 0.9 else None
        version = random.choice(("", " v2", " v3", f" v{random.randrange(1, 50)}"))
        total = random.choice((1, 1, 1, 2, 3, 9))
        name, below = (
            f"{posting.name} {random.randrange(20)}",
            random.choice(("", f"change-id: {posting.name}-{random.randrange(9)}\n")),
        )
        if total == 1:
            posting.send(f"PATCH{version}", name, above, below=below)
            continue
        cover = len(posting.raws)
        posting.send(f"PATCH{version} 0/{total}", name, above, is_cover=True, below=below)
        for number in range(1, total + 1):
            if random.random() < 0.9:
                posting.send(f"PATCH{version} {number}/{total}", f"{posting.name} part {number}", cover)
    del posting.raws[patches:]


def authors_star(posting: _Posting, patches: int) -> None:
    """As `star`, each by somebody else."""
    for number in range(patches):
        posting.send("PATCH", f"{posting.name} {number}", 0 if number else None, author=f"a{number}", file=number)


def authors_chain(posting: _Posting, patches: int) -> None:
    """As `chain`, each by somebody else."""
    for number in range(patches):
        posting.send(
            "PATCH", f"{posting.name} {number}", number - 1 if number else None, author=f"a{number}", file=number
        )


def authors_versions(posting: _Posting, patches: int) -> None:
    """As `versions`, each by somebody else."""
    for number in range(patches):
        posting.send(
            f"PATCH v{number + 1}",
            posting.name,
            0 if number else None,
            author=f"a{number}",
            below=f"change-id: {posting.name}-{number % 5}\n",
        )


def authors_numbers(posting: _Posting, patches: int) -> None:
    """A cover letter whose patches come from as many people."""
    posting.send(f"PATCH 0/{patches - 1}", posting.name, is_cover=True)
    for number in range(1, patches):
        posting.send(f"PATCH {number}/{patches - 1}", f"{posting.name} {number}", 0, author=f"a{number}", seconds=1)


def authors_versions_back(posting: _Posting, patches: int) -> None:
    """As `authors_versions`, the highest first."""
    for number in range(patches):
        posting.send(
            f"PATCH v{patches - number}",
            posting.name,
            0 if number else None,
            author=f"a{number}",
            minute=patches - number,
            below=f"change-id: {posting.name}-{number % 5}\n",
        )


def authors_backwards(posting: _Posting, patches: int) -> None:
    """As `backwards`, each by somebody else."""
    for number in range(patches):
        above = number + 1 if number + 1 < patches else None
        posting.send(
            "PATCH", f"{posting.name} {number}", above, author=f"a{number}", minute=patches - number, file=number
        )


def authors_unknown(posting: _Posting, patches: int) -> None:
    """As `authors_star`, each below a mail that never comes."""
    for number in range(patches):
        above = f"<{posting.id(0)}> <never{number}-{posting.id(0)}>" if number else None
        posting.send("PATCH", f"{posting.name} {number}", above, author=f"a{number}", file=number)


def joins(posting: _Posting, patches: int) -> None:
    """Every second one begins a thread of its own, which the next one joins to the first."""
    for number in range(patches):
        is_joining = number > 0 and number % 2 == 0
        above = f"<{posting.id(number - 1)}> <{posting.id(0)}>" if is_joining else None
        posting.send("PATCH", f"{posting.name} {number}", above, author=f"a{number}", file=number)


def supersedes_back(posting: _Posting, patches: int) -> None:
    """As `versions_back`, all supersede the first that came."""
    for number in range(patches):
        posting.send(
            f"PATCH v{patches - number}",
            posting.name,
            0 if number else None,
            minute=patches - number,
            below=f"Supersedes: <{posting.id(0)}>\n",
        )


def depends(posting: _Posting, patches: int) -> None:
    """Patches of two series by turns. One series depends on the other by its change-id."""
    for number in range(patches):
        name = posting.name + " other" * (number % 2)
        below = f"change-id: {posting.name}-{number % 2}\n"
        if number % 2 == 0:
            below += f"prerequisite-change-id: {posting.name}-1:v1\n"
        posting.send(f"PATCH v{number // 2 + 1}", name, below=below)


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        star, chain, backwards, versions, versions_back, change_ids, one_change, one_name, one_name_below, numbers,
        numbers_below_cover, numbers_alone, one_number, rerolls, mixed, authors_star, authors_chain, authors_versions,
        authors_numbers, authors_versions_back, authors_backwards, authors_unknown, joins, supersedes_back, depends,
    )
}  # fmt: skip


def thread(shape: Shape, patches: int, name: str = "big") -> list[bytes]:
    """One thread of so many patches."""
    posting = _Posting(name)
    shape(posting, patches)
    return posting.raws


def threads(shape: Shape, patches: int, size: int = 10) -> list[bytes]:
    """So many patches in threads of `size`."""
    return list(_threads(shape, patches, size))


def _threads(shape: Shape, patches: int, size: int) -> Iterator[bytes]:
    for number in range(patches // size):
        yield from thread(shape, size, f"small{number}")
