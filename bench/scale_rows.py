"""The rows of a read model of any size, as years of mail would leave it, the same for the same seed.

Rows are tuples in the order of their table's columns. A second of them is a second of a list's life: series come at a
steady pace, so that a larger read model has more days, not busier ones. A few hundred series, the same number at every
size, have what readers may filter by and no other has: a submitter, a name, a reviewer, states. It is one long module,
as each table's rows follow from those of the others, and are read best beside them.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import msgspec

from bench.scale_texts import texts_of_a_list
from projector.assembly.keys import key
from projector.readmodel import tables as t

Chunk = dict[str, list[tuple[Any, ...]]]
"""Rows by the name of their table."""

START_S = 1_577_836_800
"""2020-01-01."""
PACE_S = 288
"""A series every so many seconds: 300 a day."""
PROJECTS, LARGE_SHARE = 10, 0.7
PEOPLE_PER_SERIES = 0.1
SIZES = (1, 1, 1, 1, 1, 1, 2, 2, 3, 5)
"""Patches of a series: 1.8 in the mean."""
VERSIONS = (1, 1, 1, 2, 2, 3)
REVIEWED_SHARE = 0.4
TESTED_SHARE, CHANGED_SHARE = 0.2, 0.11
CHUNK_SERIES = 5000
CHECKPOINT = 1000

RARE_SERIES = 300
RARE_WORD, RARE_STATE, RARE_TEST_STATE = "xylophone", 8, "failure"
RARE_EVENT = "series-merged"
LINKNAMES = tuple(f"list-{number}" for number in range(PROJECTS))
PROJECT_IDS = tuple(range(2, 2 + PROJECTS))
REVIEWERS = (20, 21)
"""Users; the first has reviewed RARE_SERIES series, the second every tenth."""
RARE_PERSON = 30
FIRST_PERSON, FIRST_RECORD = 31, 10_000_000
"""Ids below FIRST_RECORD are those of projects, users and persons."""

NEW_REVISION, STATE_CHANGE, NEW_PATCH, NEW_COMMENT, TEST_RESULT = (
    "series-new-revision", "patch-state-change", "patch-new", "comment-new", "test-result",
)  # fmt: skip
NO_SUMMARY = b"\0" * 268
"""What stands for a mail as the fold keeps it, which nobody reads here: of the size that it has in the mean."""
RARITIES = ("submitter", "name", "reviewer", "state", "test_state", "incomplete")


class Landmarks(msgspec.Struct, kw_only=True):
    """Places in the rows that questions are asked about. Times are microseconds since 1970, ids are record ids."""

    series: int = 0
    version: int = 0
    patch: int = 0
    patch_msgid: str = ""
    cover_msgid: str = ""
    middle_event: int = 0
    late_event: int = 0
    """Some RARE_SERIES shown events of the first project are behind it."""
    late_event_us: int = 0
    late_us: int = 0
    """Some RARE_SERIES series and patches of the first project are behind it."""
    early_us: int = 0
    """Some RARE_SERIES series are before it."""
    counts: dict[str, int] = {}


@dataclass
class _Piece:
    """A series on its way from its first revision to its last."""

    number: int
    project: int
    author: int
    size: int
    versions: int
    title: str
    rare: frozenset[str]
    id: int = 0
    version: int = 0
    submitted_s: int = 0
    patch_states: list[int] = field(default_factory=list)
    results: list[str] = field(default_factory=list)


class Rows:
    """Makes them. `landmarks` is right once all chunks have been taken."""

    def __init__(self, series: int, seed: int = 1) -> None:
        self.landmarks = Landmarks()
        self._n = series
        self._random = Random(seed)
        self._people = max(20, int(series * PEOPLE_PER_SERIES))
        self._texts, self._comments = texts_of_a_list()
        self._record = FIRST_RECORD
        self._order = count()
        self._due: list[tuple[int, int, Any, Any]] = []
        self._rows: Chunk = defaultdict(list)
        self._last_event_us: dict[int, int] = {}
        self._last_us = 0
        self._counts: Counter[str] = Counter()
        self._late_s = START_S + PACE_S * max(0, series - int(RARE_SERIES / LARGE_SHARE))

    def chunks(self) -> Iterator[Chunk]:
        """All rows, those of `project`, `count` and `meta` last."""
        self._put_people()
        for number in range(self._n):
            now = START_S + PACE_S * number
            self._run_until(now)
            self._begin(number, now)
            if number % CHUNK_SERIES == CHUNK_SERIES - 1:
                yield self._take()
        self._run_until(None)
        self._finish()
        yield self._take()

    def _take(self) -> Chunk:
        taken, self._rows = self._rows, defaultdict(list)
        return taken

    def _next(self) -> int:
        self._record += 1
        if self._record % CHECKPOINT == 0:
            self._rows["checkpoint"].append((self._record, self._random.randbytes(32)))
        return self._record

    def _plan(self, at_s: int, act: Any, value: Any) -> None:
        heapq.heappush(self._due, (at_s, next(self._order), act, value))

    def _run_until(self, now: int | None) -> None:
        due = self._due
        while due and (now is None or due[0][0] <= now):
            at_s, _, act, value = heapq.heappop(due)
            act(at_s, value)

    # --- series ---

    def _begin(self, number: int, now: int) -> None:
        random = self._random
        rare = frozenset(self._rarities(number))
        is_landmark = number == self._n // 2
        is_plain = not rare and not is_landmark
        large = random.random() < LARGE_SHARE or not is_plain
        piece = _Piece(
            number,
            PROJECT_IDS[0] if large else random.choice(PROJECT_IDS[1:]),
            RARE_PERSON if "submitter" in rare else FIRST_PERSON + random.randrange(self._people),
            5 if is_landmark else random.choice(SIZES) if is_plain else 2 if "incomplete" in rare else 1,
            3 if is_landmark else random.choice(VERSIONS) if is_plain else 1,
            self._title(rare),
            rare,
        )
        self._post(now, piece)

    def _rarities(self, number: int) -> Iterator[str]:
        """A rarity each for RARE_SERIES numbers that are evenly spread, other numbers for each."""
        if number == self._n // 2:
            return
        step = max(len(RARITIES) + 1, self._n // RARE_SERIES)
        place = number % step * (len(RARITIES) + 1)
        for n, name in enumerate(RARITIES):
            if place // step == n and place % step < len(RARITIES) + 1 and number // step < RARE_SERIES:
                yield name

    def _title(self, rare: frozenset[str]) -> str:
        title = self._random.choice(self._texts).title
        return f"{title} {RARE_WORD}" if "name" in rare else title

    def _post(self, at_s: int, piece: _Piece) -> None:
        """A revision with its cover letter, its announcement, and what will be said of it."""
        random, rows = self._random, self._rows
        piece.version += 1
        last = piece.version == piece.versions
        base = f"{at_s}.{piece.number:07d}"
        head = self._record + 1
        thread = head
        if piece.version == 1:
            piece.id, piece.submitted_s = head, at_s
        cover = cover_text = None
        if piece.size > 1:
            cover, cover_text = self._cover(at_s, piece, base, thread)
        n_patches = piece.size - 1 if "incomplete" in piece.rare else piece.size
        last_states = last and "incomplete" not in piece.rare
        patches = [self._patch(at_s, piece, base, place, thread, last_states) for place in range(n_patches)]
        for place, patch in enumerate(patches):
            rows["revision_patch"].append((patch, piece.id, piece.version, place))
        announced = None
        if n_patches == piece.size:
            announced = self._event(at_s, piece.project, NEW_REVISION, piece.id, None, _json(revision=piece.version))
        test_state = self._test(at_s, piece, head) if patches else None
        rows["revision"].append((
            piece.id, piece.version, head, cover, cover_text, piece.title, head, piece.author, piece.size,
            f"[{piece.version}]", n_patches == piece.size, announced, at_s * 1_000_000, _ids(patches), None, test_state,
            None,
        ))  # fmt: skip
        rows["posting"].append((head, piece.project, thread, piece.id, NO_SUMMARY))
        for _ in range(4):
            rows["posting_key"].append((piece.project, random.getrandbits(64) - 2**63, head))
        if last:
            self._series(at_s, piece, test_state)
        else:
            self._plan(at_s + 86_400 * random.randrange(2, 10) + random.randrange(80_000), self._post, piece)
        if piece.number == self._n // 2 and piece.version == 2:
            marks = self.landmarks
            marks.series, marks.version, marks.patch = piece.id, 2, patches[2]
            marks.patch_msgid, marks.cover_msgid = f"{base}-3-author@example.org", f"{base}-0-author@example.org"
            assert announced is not None
            marks.middle_event = announced

    def _series(self, at_s: int, piece: _Piece, test_state: str | None) -> None:
        random, project = self._random, piece.project
        is_incomplete = "incomplete" in piece.rare
        state = "incomplete" if is_incomplete else random.choice(("initial", "initial", "in progress", "done"))
        reviewer = REVIEWERS[0] if "reviewer" in piece.rare else REVIEWERS[1] if random.random() < 0.1 else None
        self._rows["series"].append((
            piece.id, project, piece.title, piece.id, piece.size, piece.author, piece.submitted_s * 1_000_000,
            at_s * 1_000_000, piece.version, reviewer, state,
            f'[{{"count":{piece.size},"name":"New","final":false}}]', test_state, "{}", "[]", None, self._record,
        ))  # fmt: skip
        self._counts.update(("series", f"series:{project}"))

    # --- mails ---

    def _mail(
        self, id: int, project: int, message_id: str, thread: int, kind: str, target: int | None, by: int
    ) -> None:
        self._rows["mail"].append((id, project, message_id, thread, kind, target, by, NO_SUMMARY))
        self._rows["thread_name"].append((project, message_id, thread))
        self._counts.update(("mail", f"mail:{kind}"))

    def _cover(self, at_s: int, piece: _Piece, base: str, thread: int) -> tuple[int, str]:
        id, message_id = self._next(), f"{base}-0-author@example.org"
        text = self._random.choice(self._texts).message
        self._rows["cover"].append(
            (id, piece.project, message_id, piece.author, at_s * 1_000_000, piece.title, text, None)
        )
        self._mail(id, piece.project, message_id, thread, "cover", None, piece.author)
        self._answer(at_s, piece, id, message_id, thread)
        return id, text

    def _patch(self, at_s: int, piece: _Piece, base: str, place: int, thread: int, last: bool) -> int:
        random, project = self._random, piece.project
        id, message_id = self._next(), f"{base}-{place + 1}-author@example.org"
        text = random.choice(self._texts)
        state, updated_s = 1 if last else 9, at_s
        if "state" in piece.rare:
            state = RARE_STATE
        elif last and random.random() < CHANGED_SHARE * 2:
            state, updated_s = random.choice((2, 3, 3, 3, 4, 7)), at_s + 86_400 * random.randrange(1, 20)
            self._plan(updated_s, self._change, (project, piece.id, id))
        name = piece.title if piece.size == 1 else f"[{place + 1}/{piece.size}] {piece.title}, part {place + 1}"
        date_us = at_s * 1_000_000
        self._rows["patch"].append((
            id, project, message_id, name, date_us, updated_s * 1_000_000, piece.author, state, piece.id, None, None,
            f"{random.getrandbits(160):040x}", id, None, False,
        ))  # fmt: skip
        commit = msgspec.structs.astuple(text.commit)
        self._rows["patch_text"].append((id, text.message, text.content, None, *commit, None, False, None, None))
        self._mail(id, project, message_id, thread, "patch", None, piece.author)
        self._counts.update(("patch", f"patch:{project}"))
        self._event(at_s, project, NEW_PATCH, None, id, _json(message_id=message_id))
        self._answer(at_s, piece, id, message_id, thread)
        return id

    def _answer(self, at_s: int, piece: _Piece, target: int, parent: str, thread: int) -> None:
        """Plan that somebody answers; an answer is answered as often."""
        if self._random.random() < REVIEWED_SHARE or (
            piece.number == self._n // 2 and parent.endswith("author@example.org")
        ):
            later_s = at_s + self._random.randrange(1800, 100_000)
            self._plan(later_s, self._comment, (piece, target, parent, thread))

    def _comment(self, at_s: int, about: tuple[_Piece, int, str, int]) -> None:
        piece, target, parent, thread = about
        random, project = self._random, piece.project
        id, author = self._next(), FIRST_PERSON + random.randrange(self._people)
        message_id = f"{at_s}.{id:09d}-answer-reviewer@example.org"
        text = random.choice(self._comments)
        trailers = f"Reviewed-by: {_address(author)}" if random.random() < 0.5 else ""
        self._rows["comment"].append((
            id, project, message_id, target, parent, author, at_s * 1_000_000, f"Re: {piece.title}", text, trailers,
            None,
        ))  # fmt: skip
        self._mail(id, project, message_id, thread, "comment", target, author)
        self._event(at_s, project, NEW_COMMENT, piece.id, target, _json(message_id=message_id))
        self._answer(at_s, piece, target, message_id, thread)

    # --- what is said of them ---

    def _change(self, at_s: int, of: tuple[int, int, int]) -> None:
        project, series, patch = of
        self._event(
            at_s, project, STATE_CHANGE, series, patch, _json(previous_state="New", new_state="Accepted"), REVIEWERS[1]
        )

    def _test(self, at_s: int, piece: _Piece, posting: int) -> str | None:
        """Results of a revision, with an event each; of the landmark and the rare for sure."""
        is_landmark = piece.number == self._n // 2
        is_rare = "test_state" in piece.rare
        if not (is_landmark or is_rare or self._random.random() < TESTED_SHARE):
            return None
        for name in ("build", "checkpatch", "kunit"):
            id = self._next()
            state = RARE_TEST_STATE if is_rare else "success"
            self._rows["test_result"].append((
                id, "revision", posting, None, name, state, f"https://ci.example.org/{id}/", "Summary",
                at_s * 1_000_000, REVIEWERS[1],
            ))  # fmt: skip
            self._event(at_s, piece.project, TEST_RESULT, piece.id, None, _json(test_name=name), REVIEWERS[1])
        return RARE_TEST_STATE if is_rare else "success"

    def _event(
        self, at_s: int, project: int, name: str, series: int | None, patch: int | None, parameters: str,
        user: int | None = None,
    ) -> int:  # fmt: skip
        """A patch's and a comment's event is their record's; all others have records of their own."""
        id = self._record if name in (NEW_PATCH, NEW_COMMENT, TEST_RESULT) else self._next()
        time_us = self._last_us = max(self._last_us + 1, at_s * 1_000_000)
        self._last_event_us[project] = time_us
        is_shown = name in (NEW_REVISION, STATE_CHANGE)
        self._rows["event"].append((id, 0, project, name, not is_shown, time_us, series, patch, user, parameters))
        if is_shown:
            self._counts.update(("event", f"event:{project}"))
        if not self.landmarks.late_event and at_s >= self._late_s and project == PROJECT_IDS[0]:
            self.landmarks.late_event, self.landmarks.late_event_us = id, time_us
        return id

    # --- the rest ---

    def _put_people(self) -> None:
        for id in (RARE_PERSON, *range(FIRST_PERSON, FIRST_PERSON + self._people)):
            email = _email(id)
            self._rows["person"].append((id, key(email), email, f"Author {id}", id))
        for id in REVIEWERS:
            name = f"user-{id}"
            self._rows["account"].append(
                (id, name, msgspec.json.encode([f"{name}@example.org"]).decode(), "", "[]", True)
            )

    def _finish(self) -> None:
        rows = self._rows
        for number in range(RARE_SERIES):
            at_s = START_S + PACE_S * (self._n + number)
            self._event(at_s, PROJECT_IDS[0], RARE_EVENT, None, None, _json(series=number))
        for id, linkname in zip(PROJECT_IDS, LINKNAMES, strict=True):
            self._counts["project"] += 1
            rows["project"].append((
                id, linkname, f"The list {linkname}", f"{linkname}.example.org", f"{linkname}@example.org", "", "", "",
                b"", self._last_event_us.get(id, 0),
            ))  # fmt: skip
            rows["log_time"].append((id, "smtp", self._last_event_us.get(id, 0)))
        rows["count"] += sorted(self._counts.items())
        rows["checkpoint"].append((self._record, self._random.randbytes(32)))
        rows["meta"].append(("position", self._record))
        marks = self.landmarks
        marks.late_us = self._late_s * 1_000_000
        marks.early_us = (START_S + PACE_S * min(RARE_SERIES, self._n - 1)) * 1_000_000
        marks.counts = dict(self._counts)


def _json(**values: int | str) -> str:
    return msgspec.json.encode(values).decode()


def _ids(ids: list[int]) -> str:
    return f"[{','.join(map(str, ids))}]"


def _email(person: int) -> str:
    return f"author{person}@example.org"


def _address(person: int) -> str:
    return f"Author {person} <{_email(person)}>"


COLUMNS = {table.name: tuple(column.name for column in table.columns) for table in t.metadata.sorted_tables}
