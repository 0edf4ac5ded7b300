"""Asking trained models: a question goes to whichever worker takes it, and its answer comes back to who waits here."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from procrastinate import App

from db import asks
from db.asks import ANSWERED
from db.engine import DATABASE_AWAY, Database, listen
from db.presence import NoneUp, presence
from lessons.errors import PersonError
from workers.queue import ASK_LIFE, ask_model
from workers.records import dump_answer, load_answer
from workers.report import Report
from workers.using import Refused, Wish

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds after which a question is looked at without a word, in case the word was lost."""
NOBODY = "The worker that had your question is gone, and no other is up. Ask again when one is."
TOO_LATE = "No worker came to your question in time: they are busy. Please ask again in a minute."


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model said, for `bot.render.render_report`."""

    report: Report
    artifacts: Mapping[str, bytes]


class Answers:
    """The questions that this process waits for. What is lost with it is only that an answer is shown."""

    def __init__(self, database: Database, queue: App) -> None:
        self._database = database
        self._queue = queue
        self._waiting: dict[int, asyncio.Event] = {}

    async def run(self) -> None:
        """Listen for answers until cancelled."""
        async for notification in listen(self._database.url, ANSWERED):
            # After a new connection all are looked at: what was said meanwhile is lost.
            heard = list(self._waiting) if notification is None else [int(notification[1])]
            for ask_id in heard:
                if (event := self._waiting.get(ask_id)) is not None:
                    event.set()

    async def ask(self, user_id: int, wish: Wish, run_id: int | None = None) -> Answered:
        """Ask, and wait for the answer. Acknowledge the interaction before: this takes seconds at worst.

        Args:
            user_id: Who asks.
            wish: The question.
            run_id: Whose model is asked; none for a wish that needs no model.

        Raises:
            PersonError: no worker is up or came in time, the person has too many questions waiting, or the model's
                own sentence on why there is no answer.
        """
        async with self._database.transaction() as session:
            ask_id = await ask_model(self._queue, session, user_id, wish, _now(), run_id=run_id)
            # Before the commit, after which the answer may come at any time.
            event = self._waiting[ask_id] = asyncio.Event()
        try:
            return await self._answer(ask_id, event)
        finally:
            del self._waiting[ask_id]

    async def _answer(self, ask_id: int, event: asyncio.Event) -> Answered:
        loop = asyncio.get_running_loop()
        until = loop.time() + ASK_LIFE.total_seconds()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), LOOK_EVERY)
            event.clear()
            try:
                answered = await self._look(ask_id, give_up=loop.time() >= until)
            except DATABASE_AWAY as error:
                log.warning("ask %s: database away (%s)", ask_id, error)
                if loop.time() >= until:
                    raise
                continue
            if answered is not None:
                return answered

    async def _look(self, ask_id: int, *, give_up: bool) -> Answered | None:
        """The answer, if there is one. Raises PersonError if there will be none."""
        async with self._database.transaction() as session:
            row = await asks.answer_of(session, ask_id)
            if row is None:
                nobody = isinstance(await presence(session, _now()), NoneUp)
                if not give_up and not nobody:
                    return None
                # Written down, so that no worker takes it up later; one that answers this very moment comes first.
                refused = dump_answer(Refused(NOBODY if nobody else TOO_LATE))
                await asks.answer(session, ask_id, _now(), refused)
                row = await asks.answer_of(session, ask_id)
            said = load_answer(row.answer) if row is not None else None
            files = await asks.files(session, ask_id)
        match said:
            case Report():
                return Answered(said, files)
            case Refused(sentence=sentence):
                raise PersonError(sentence)
            case None:
                raise PersonError(TOO_LATE)


def _now() -> datetime:
    return datetime.now(UTC)
