"""The weekly ranking of all servers: gathered from the database, reckoned in a process of its own, stored.

The process keeps scikit-learn, and ten seconds of sums, out of the worker that has heartbeats to send.
"""

import asyncio
import logging
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from db import digests, papers
from db.engine import Database
from lessons.curriculum import Curriculum
from lessons.papers import Paper
from workers.papers.question import Candidate, Question, Ranked, Server
from workers.papers.topics import topic_words

log = logging.getLogger(__name__)

WINDOW: Final = timedelta(days=14)
"""How old a paper may be to come into a digest: a missed week is made up for."""
MEMORY: Final = timedelta(days=365)
"""How long a vote counts."""
PATIENCE: Final = 600.0
"""Seconds that the sums may take."""


class RankingFailedError(Exception):
    """The process that reckons ended without an answer."""


@dataclass(frozen=True, slots=True)
class RankingDone:
    """What was ranked."""

    servers: int
    papers: int
    seconds: float


async def rank_servers(
    database: Database, curriculum: Curriculum, now: datetime, *, guild_ids: Sequence[int] | None = None
) -> RankingDone:
    """Rank the papers of the last two weeks for these servers, or for all that get a digest, and store it.

    Raises:
        RankingFailedError: The sums could not be done.
    """
    question = await gather(database, curriculum, now, guild_ids=guild_ids)
    if not question.candidates:
        return RankingDone(0, 0, 0.0)
    begun = asyncio.get_running_loop().time()
    ranked = await reckon(question)
    seconds = asyncio.get_running_loop().time() - begun
    async with database.transaction() as session:
        await papers.set_topics(session, ranked.topics)
        await digests.store_rankings(session, ranked.rankings, now)
    done = RankingDone(len(ranked.rankings), len(question.candidates), seconds)
    log.info("ranked %d papers for %d servers in %.1f s", done.papers, done.servers, done.seconds)
    return done


async def gather(
    database: Database,
    curriculum: Curriculum,
    now: datetime,
    *,
    guild_ids: Sequence[int] | None = None,
    fresh: Sequence[Paper] | None = None,
) -> Question:
    """All that a ranking needs; `fresh` stands in for the papers of the last two weeks."""
    async with database.session() as session:
        guilds = list(guild_ids) if guild_ids is not None else await digests.digest_guilds(session)
        if fresh is None:
            fresh = await papers.fresh_papers(session, now - WINDOW)
        votes = await papers.all_votes(session, now - MEMORY)
        votes = {guild: votes[guild] for guild in guilds if guild in votes}
        known = {paper.id for paper in fresh}
        old_ids = {paper_id for each in votes.values() for paper_id in each} - known
        voted = await papers.get_papers(session, old_ids)
        places = await digests.whereabouts(session, [topic.id for topic in curriculum.topics], guilds)
        sent = await digests.sent_among(session, guilds, known)
    return Question(
        tuple(_candidate(paper, now) for paper in fresh),
        tuple(_candidate(paper, now) for paper in voted.values()),
        topic_words(curriculum),
        tuple(
            Server(guild, places.get(guild, {}), votes.get(guild, {}), frozenset(sent.get(guild, ())))
            for guild in guilds
        ),
    )


async def reckon(question: Question) -> Ranked:
    """The answer, from a process of its own.

    Raises:
        RankingFailedError: It ended without one, or took longer than `PATIENCE`.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "workers.papers.rank_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        async with asyncio.timeout(PATIENCE):
            answer, errors = await process.communicate(pickle.dumps(question))
    except TimeoutError:
        raise RankingFailedError(f"It took longer than {PATIENCE:.0f} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = errors.decode(errors="replace").strip().rpartition("\n")[2]
        raise RankingFailedError(f"It ended with code {process.returncode}: {last}")
    ranked = pickle.loads(answer)  # noqa: S301 - written by our own child a moment ago
    if not isinstance(ranked, Ranked):
        raise RankingFailedError("It gave something else than a ranking.")
    return ranked


def _candidate(paper: Paper, now: datetime) -> Candidate:
    age = (now - paper.announced_at).total_seconds() / 86_400
    return Candidate(paper.id, paper.title, paper.abstract, age, paper.categories[0] if paper.categories else "")
