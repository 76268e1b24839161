"""How often a member of a partial reroll comes after that was announced, by how long the projector waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.assembly_report.folding import receive_all
from schemas.records import MailReceived, ProjectAdded


@dataclass(frozen=True)
class Waits:
    """With `partial_wait_seconds` of `seconds`: how many partial rerolls were announced, and of these how many continue
    one that was announced before."""

    seconds: int
    announced: int
    continues: int


def partial_waits(project: ProjectAdded, facts: Sequence[MailReceived], waits: Sequence[int]) -> tuple[Waits, ...]:
    """Receive a list as it came, once with each wait."""
    ordered = sorted(facts, key=lambda fact: fact.received_at)
    found = []
    for seconds in waits:
        folded = receive_all(project, ordered, seconds)
        found.append(Waits(seconds, len(set(folded.announced.values())), folded.continues))
    return tuple(found)
