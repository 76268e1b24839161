"""What each comment is about, found by its header fields alone, beside what the assembly says."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from bench.assembly_report.core import Result
from bench.assembly_report.sight import Sight
from bench.assembly_report.wrong import Finding
from projector.assembly.mail import COMMENT, COVER, PATCH, PULL_REQUEST

OTHER_TARGET = "a comment that is not on the nearest patch, cover letter or pull request above it"
NAMED_ONLY = "a comment on nothing, though its References name a patch, cover letter or pull request"
_POSTED = (PATCH, COVER, PULL_REQUEST)


def other_targets(sights: Sequence[Sight], result: Result) -> Iterator[Finding]:
    """Comments whose target differs from the nearest above in the list, ignored mails and missing ones passed over."""
    above = Above(sights, result.kinds)
    for sight in sights:
        if result.kinds.get(sight.id) == COMMENT:
            said, target = above.nearest(sight), result.targets.get(sight.id)
            if said != target:
                yield Finding(OTHER_TARGET, sight.id, f"on {target}, and the nearest is {said}")
            elif target is None and (named := above.named(sight)) is not None:
                yield Finding(NAMED_ONLY, sight.id, f"it names {named}")


class Above:
    """Who answers whom, by In-Reply-To and References."""

    def __init__(self, sights: Sequence[Sight], kinds: Mapping[int, str]) -> None:
        self._known = {sight.message_id: sight for sight in sights}
        self._kinds = kinds
        self._told: dict[str, str] = {}
        for sight in sorted(sights, key=lambda sight: (sight.date, sight.message_id)):
            for over, below in pairwise(name for name in sight.references if name != sight.message_id):
                self._told.setdefault(below, over)

    def nearest(self, sight: Sight) -> int | None:
        """The nearest patch, cover letter or pull request above a mail. For mails that never came, and ignored ones
        that name nobody, the references of others tell what they answer.
        """
        seen = {sight.message_id}
        name = self._over(sight.message_id)
        while name is not None and name not in seen:
            seen.add(name)
            if (id := self._posted(name)) is not None:
                return id
            name = self._over(name)
        return None

    def named(self, sight: Sight) -> int | None:
        """The last in a mail's own references that is a patch, cover letter or pull request."""
        found = (self._posted(name) for name in reversed(sight.references) if name != sight.message_id)
        return next((id for id in found if id is not None), None)

    def _posted(self, name: str) -> int | None:
        sight = self._known.get(name)
        return sight.id if sight is not None and self._kinds.get(sight.id) in _POSTED else None

    def _over(self, name: str) -> str | None:
        sight = self._known.get(name)
        if sight is None or (not sight.references and self._kinds.get(sight.id) == "ignored"):
            return self._told.get(name)
        return next((other for other in reversed(sight.references) if other != name), None)
