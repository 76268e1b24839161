"""What is still to happen: announcements and retries to put on the log, and waits that end by the log's time."""

from collections.abc import Iterator

from projector.assembly.redaction import REDACTED
from projector.readmodel import tables as t
from projector.readmodel.rows import Row
from projector.readmodel.working import WorkingSet

REVISION, PULL_REQUEST, RETRY, WAIT = "revision", "pull-request", "retry", "wait"
SUPERSEDE, RESTORE = "supersede", "restore"


class Pending:
    """Everything pending, in memory and in the table of that name; and the log's time of each project and source."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working
        self._rows: dict[str, dict[int, Row]] = {}
        self._waits: dict[tuple[int, str], dict[int, int]] = {}
        self._times: dict[tuple[int, str], int] = {}

    def load(self) -> None:
        """Read what is pending in the generation."""
        self._rows = {}
        for row in self._working.load_all(t.pending):
            self._rows.setdefault(row["kind"], {})[row["cause"]] = row
        self._times = {(row["project_id"], row["source"]): row["time_us"] for row in self._working.load_all(t.log_time)}
        self._waits = {}
        for cause, row in self._rows.get(WAIT, {}).items():
            self._waits.setdefault((row["project_id"], row["detail"]), {})[cause] = row["since"]

    def note(self, kind: str, cause: int, project: int, since: int, detail: str = "") -> None:
        """Note that something is pending; what is pending already stays as it was, but for a wait's end."""
        rows = self._rows.setdefault(kind, {})
        if kind == WAIT or cause not in rows:
            row = {"kind": kind, "cause": cause, "project_id": project, "since": since, "detail": detail}
            if rows.get(cause) != row:
                self.done(kind, cause)
                rows[cause] = row
                self._working.add(t.pending, row)
                if kind == WAIT:
                    self._waits.setdefault((project, detail), {})[cause] = since

    def done(self, kind: str, cause: int) -> bool:
        """It happened, or is not to happen any more; False when it was not pending."""
        row = self._rows.get(kind, {}).pop(cause, None)
        if row is None:
            return False
        self._working.remove(t.pending, kind, cause)
        if kind == WAIT:
            del self._waits[row["project_id"], row["detail"]][cause]
        return True

    def since(self, kind: str, cause: int) -> int | None:
        """The record that made something pending; None where it is not."""
        row = self._rows.get(kind, {}).get(cause)
        return row["since"] if row is not None else None

    def redact_pull_request(self, mail: int) -> None:
        """What is to be announced of a pull request has no URL any more."""
        row = self._rows.get(PULL_REQUEST, {}).get(mail)
        if row is not None:
            row = self._rows[PULL_REQUEST][mail] = {**row, "detail": REDACTED}
            self._working.add(t.pending, row)

    def of_kind(self, kind: str) -> list[Row]:
        """What is pending of a kind."""
        return list(self._rows.get(kind, {}).values())

    def announcements(self) -> list[Row]:
        """What has to go on the log, in the order in which it became so.

        States are given back once all else is told: what is announced may supersede the same patches again.
        """
        rows = [row for kind, found in self._rows.items() if kind != WAIT for row in found.values()]
        told = [row for row in rows if row["kind"] != RESTORE]
        return sorted(told or rows, key=lambda row: (row["since"], row["cause"], row["kind"]))

    def next_wait_us(self) -> int | None:
        """When the first wait for mail by SMTP ends; None when nothing is waited for."""
        ends = (end for (_, source), waits in self._waits.items() if not is_import(source) for end in waits.values())
        return min(ends, default=None)

    def advance(self, project: int, source: str, time_us: int) -> Iterator[int]:
        """Move the log's time of a project and source, and give the postings whose waits are over, in order."""
        if time_us > self._times.get((project, source), 0):
            self._times[project, source] = time_us
            row = {"project_id": project, "source": source, "time_us": time_us}
            self._working.add(t.log_time, row)
        waits = self._waits.get((project, source))
        if waits:
            yield from self._end([(project, source)], self._times[project, source])

    def advance_all(self, until_us: int) -> Iterator[int]:
        """The clock passed `until_us` for all that is not an import."""
        yield from self._end([key for key in self._waits if not is_import(key[1])], until_us)

    def finish(self, source: str) -> Iterator[int]:
        """A source has ended: so have its waits."""
        yield from self._end([key for key in self._waits if key[1] == source], None)

    def _end(self, keys: list[tuple[int, str]], until_us: int | None) -> list[int]:
        over = [
            (end, cause)
            for key in keys
            for cause, end in self._waits[key].items()
            if until_us is None or end <= until_us
        ]
        for _, cause in over:
            self.done(WAIT, cause)
        return [cause for _, cause in sorted(over)]


def is_import(source: str) -> bool:
    """Whether a source is an archive, whose waits only its own mails and its end can end."""
    return source.startswith("import:")
