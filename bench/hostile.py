"""What each hostile mail costs from its bytes to its rows, against a plain mail of 4 KB or of its own size."""

import tarfile
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure
from bench.folding import LIST_ADDRESS, RECEIVED
from bench.threads import DIFF, LIST_ID
from ingest.message import parse
from projector.fold import Fold
from projector.readmodel.generations import ReadModels
from projector.readmodel.working import WorkingSet
from schemas.mail import PARSER_VERSION
from schemas.records import MailReceived, ProjectAdded, Record

ARCHIVE = Path(__file__).resolve().parents[2] / "shared/mail/hostile/hostile.tar.xz"
PLAIN_BYTES = (4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304)
ROUNDS = 3
WORST = 10


@dataclass(frozen=True)
class Cost:
    """CPU seconds of one mail through the parser and the fold; times: of what a plain mail costs."""

    name: str
    bytes: int
    parse: float
    fold: float
    times: float = 0.0

    @property
    def all(self) -> float:
        return self.parse + self.fold


def figures() -> list[Figure]:
    """The worst mail; nothing where the archive is not here."""
    costs = worst()
    return [Figure(f"hostile mail, the worst of all: {costs[0].name[:28]}", costs[0].times, "times")] if costs else []


def show_worst() -> None:
    """Print the ten worst."""
    for cost in worst()[:WORST]:
        parts = f"parse {cost.parse * 1e3:.2f}, fold {cost.fold * 1e3:.2f} ms"
        print(f"{cost.times:6.2f} times  {cost.bytes:>9,} bytes  {parts}  {cost.name}")


def worst() -> list[Cost]:
    """All hostile mails by how many times a plain mail's cost they take, the worst first."""
    if not ARCHIVE.is_file():
        return []
    plain = [(f"plain {size}", _plain(size)) for size in PLAIN_BYTES]
    costs = _best([*plain, *_mails()])
    scale, hostile = costs[: len(plain)], costs[len(plain) :]
    ranked = [against(cost, scale) for cost in hostile]
    return sorted(ranked, key=lambda cost: cost.times, reverse=True)


def _mails() -> list[tuple[str, bytes]]:
    with tarfile.open(ARCHIVE) as tar:
        members = [member for member in tar.getmembers() if member.isfile()]
        return [(Path(member.name).name, file.read()) for member in members if (file := tar.extractfile(member))]


def _plain(size: int) -> bytes:
    """A patch as `git send-email` sends it, of so many bytes."""
    head = f"From: Ada <ada@example.org>\nTo: {LIST_ADDRESS}\nSubject: [PATCH] net: bound the queue\n"
    head += f"Date: Mon, 02 Mar 2026 09:00:00 +0000\nMessage-ID: <{size}@example.org>\nList-Id: <{LIST_ID}>\n\n"
    head += "It was not.\n\nSigned-off-by: Ada <ada@example.org>\n---\n"
    diff = DIFF.format("queue")
    return (head + diff * (1 + (size - len(head)) // len(diff))).encode()[:size]


def _best(mails: Sequence[tuple[str, bytes]]) -> list[Cost]:
    """Each mail's cost in the best of some rounds; each round folds them into an empty read model."""
    rounds = [_round(mails) for _ in range(ROUNDS)]
    return [min(costs, key=lambda cost: cost.all) for costs in zip(*rounds, strict=True)]


def _round(mails: Sequence[tuple[str, bytes]]) -> list[Cost]:
    with tempfile.TemporaryDirectory() as folder:
        models = ReadModels(f"sqlite:///{folder}/readmodel.db")
        engine = models.engine(models.create())
        with engine.begin() as connection:
            working = WorkingSet()
            working.connection = connection
            records = [_project()]
            fold = Fold(working, lambda ids: [records[id - 1] for id in ids])
            fold.load()
            fold.apply(records[0])
            working.save(working.position(), 1)
            costs = [_cost(fold, working, records, name, raw) for name, raw in mails]
        engine.dispose()
    return costs


def _project() -> Record:
    fact = ProjectAdded(linkname="bench", name="Bench", listid=LIST_ID, listemail=LIST_ADDRESS)
    return Record(1, RECEIVED, fact)


def _cost(fold: Fold, working: WorkingSet, records: list[Record], name: str, raw: bytes) -> Cost:
    begin = time.process_time()
    parsed = parse(raw, RECEIVED)
    read = time.process_time()
    fact = MailReceived(
        source="smtp", received_at=RECEIVED, raw=raw, recipients=(LIST_ADDRESS,), parsed=parsed,
        parser_version=PARSER_VERSION,
    )  # fmt: skip
    records.append(Record(len(records) + 1, RECEIVED, fact))
    start = time.process_time()
    fold.apply(records[-1])
    working.save(records[-1].id - 1, records[-1].id)
    return Cost(name, len(raw), read - begin, time.process_time() - start)


def against(cost: Cost, scale: Sequence[Cost]) -> Cost:
    """How many times what a plain mail of 4 KB, or of its size, costs; between two sizes on a straight line."""
    sizes = [plain.bytes for plain in scale]
    at = min(bisect_left(sizes, cost.bytes), len(sizes) - 1)
    plain = scale[at].all
    if at > 0 and cost.bytes < sizes[at]:
        part = (cost.bytes - sizes[at - 1]) / (sizes[at] - sizes[at - 1])
        plain = scale[at - 1].all + part * (scale[at].all - scale[at - 1].all)
    return Cost(cost.name, cost.bytes, cost.parse, cost.fold, cost.all / plain)
