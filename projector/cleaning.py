"""Takes what is left of redacted words out of the files of the read models: old generations and free space."""

import msgspec

from projector.readmodel.generations import ReadModels
from projector.replay import ReplayRunning, alone


class Cleaned(msgspec.Struct, frozen=True):
    """dropped: the generations that are gone; left: in one sentence each, what could not be cleaned now."""

    dropped: tuple[int, ...]
    left: tuple[str, ...]


def clean(models: ReadModels, position: int) -> Cleaned:
    """Drop every generation that was not folded up to a position, unless it is live, and clean the others.

    position: the record of the last redaction.
    """
    dropped: list[int] = []
    left: list[str] = []
    try:
        with alone(models):
            for number in models.numbers():
                why = _clean(models, number, position, dropped)
                if why is not None:
                    left.append(why)
    except ReplayRunning as error:
        left.append(str(error))
    return Cleaned(tuple(dropped), tuple(left))


def _clean(models: ReadModels, number: int, position: int, dropped: list[int]) -> str | None:
    """Drop or clean a generation; gives why it is neither."""
    about = models.about(number)
    if about is None or about.position < position or not about.is_ours:
        pointed = models.pointed().values()
        if number in pointed:
            return f"generation {number} is read by another version of this program, which has not done it"
        if number in {models.successor(live)[0] for live in pointed if live in models.numbers()}:
            return f"generation {number} is about to be live: `patchlog replay` ends what was begun with it"
        models.drop(number)
        dropped.append(number)
    elif not models.clean(number):
        return f"readers keep old pages of generation {number} beside its file"
    return None
