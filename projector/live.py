"""The live projector: follows the log, announces what became complete, lets waits end."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from ingest.log import Log, LogClosedError, LogUnavailable, Turn
from ingest.log.advance import advance_clock, seconds_until
from ingest.tracing import now_ns, tell
from projector.fold.fold import Became
from projector.generation import Generation, NotLive
from projector.meters import ACTIVE, count_folded
from projector.readmodel.generations import ReadModels, is_unavailable, why_unavailable

BATCH = 500
IDLE_SECONDS = 1.0
TURN_SECONDS = 0.5

logger = structlog.get_logger()


Publish = Callable[[Callable[[], bool]], None]
"""Publishes events until what it is given says that it is over."""


def follow(
    log: Log, models: ReadModels, is_stopping: Callable[[], bool], publish: Publish = lambda is_over: None
) -> None:
    """Fold the log into the live generation until told to stop. One at a time: others stand by until it is gone.

    Whoever finds that somebody else writes stands in line again. A database that goes away is waited for; one that is
    away at the start, or holds read models of other schema versions only, raises at once. `publish` runs in a thread of
    its own while it is our turn, so that whoever is slow to take events stops no fold.
    """
    models.check()
    turn = log.turn(f"projector {models.identity}")
    try:
        while _has_come(turn, is_stopping):
            try:
                _follow_live(log, models, turn, is_stopping, publish)
            except LogUnavailable as error:  # while a generation was opened
                logger.warning("log.unavailable", why=str(error))
                time.sleep(IDLE_SECONDS)
            except Exception as error:
                if not is_unavailable(error):
                    raise
                logger.warning("database.unavailable", why=why_unavailable(error))
                time.sleep(IDLE_SECONDS)
    finally:
        turn.close()


def _follow_live(log: Log, models: ReadModels, turn: Turn, is_stopping: Callable[[], bool], publish: Publish) -> None:
    ACTIVE.set(1)
    generation = open_live(log, models)
    left = threading.Event()
    publisher = threading.Thread(target=publish, args=(_either(left.is_set, turn),), name="publisher")
    publisher.start()
    try:
        _follow(log, generation, _either(is_stopping, turn), turn.tell)
    except NotLive as error:
        logger.info("generation.left", generation=generation.number, why=str(error))
    finally:
        left.set()
        publisher.join()
        generation.close()


def _either(is_stopping: Callable[[], bool], turn: Turn) -> Callable[[], bool]:
    """Whether it is over for us: we were told so, or it is another's turn."""
    return lambda: is_stopping() or not turn.is_ours()


def open_live(log: Log, models: ReadModels) -> Generation:
    """Open the live generation; where there is none, make one and let it be live at once.

    A generation that was retired while its successor was not made live yet (a replay that was killed between the two)
    is followed by the successor, as soon as that has what the retired one has.
    """
    number = models.live()
    if number is None:
        number = models.create()
        models.point_to(number)
        logger.info("generation.made", generation=number)
    successor, position = models.successor(number)
    if successor == 0:
        return Generation(log, models, number)
    generation = Generation(log, models, successor)
    generation.reach(position, BATCH)
    models.point_to(successor)
    return generation


def _has_come(turn: Turn, is_stopping: Callable[[], bool]) -> bool:
    """Stand by until it is our turn; False when told to stop before that."""
    said = False
    ACTIVE.set(0)
    while not is_stopping():
        try:
            if turn.wait(TURN_SECONDS):
                return True
        except LogUnavailable as error:
            logger.warning("log.unavailable", why=str(error))
            time.sleep(IDLE_SECONDS)
        if not said:
            logger.info("projector.stands-by")
        said = True
    return False


def _follow(log: Log, generation: Generation, is_stopping: Callable[[], bool], tell: Callable[[int], None]) -> None:
    logger.info("projector.follows", generation=generation.number, position=generation.position)
    while not is_stopping():
        try:
            start, begun_ns = time.perf_counter(), now_ns()
            if folded := generation.fold(BATCH):
                _note(folded, time.perf_counter() - start, generation.became)
                _trace(generation.traced, generation.became, begun_ns)
                tell(generation.position)
                continue
            facts = generation.announcements()
            if facts:
                log.append(facts)
                continue
            if not _wait(log, generation):
                log.wait(generation.position, IDLE_SECONDS)
        except LogUnavailable as error:
            logger.warning("log.unavailable", why=str(error))
            time.sleep(IDLE_SECONDS)
        except LogClosedError as error:
            logger.warning("log.moved", why=str(error))
            log.wait(generation.position, IDLE_SECONDS)


def _note(records: int, seconds: float, became: Sequence[Became]) -> None:
    """Count a batch, and say what each of its mails became."""
    count_folded(records, seconds, became)
    for one in became:
        logger.info(
            "mail folded",
            record=one.record,
            message_id=one.message_id,
            list=one.list_id,
            project=one.project,
            outcome=one.outcome,
        )


def _trace(traced: Sequence[tuple[int, str]], became: Sequence[Became], begun_ns: int) -> None:
    """Go on with the trace of each record of a batch that is in one: from the batch's beginning to its commit."""
    if not traced:
        return
    known = {one.record: one for one in became}
    for record, traceparent in traced:
        one = known.get(record)
        mail = {"project": one.project or None, "outcome": one.outcome} if one is not None else {}
        tell("fold", "consumer", traceparent, begun_ns, record=record, **mail)


def _wait(log: Log, generation: Generation) -> bool:
    """Let a wait end whose time has come; or wait for a record no longer than until then. False when nothing waits."""
    until_us = generation.next_wait_us()
    if until_us is None:
        return False
    if not advance_clock(log, until_us):
        log.wait(generation.position, max(0.0, min(IDLE_SECONDS, seconds_until(until_us))))
    return True
