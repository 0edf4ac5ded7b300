"""The queue as both sides see it: a run's row and its job are written in one transaction, or not at all."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.ext.asyncio import AsyncSession

from db import asks, runs
from db.belongings import keep_upload
from db.engine import libpq_url, notify, raw_connection
from db.runs import Surroundings
from db.tables import Run, RunState
from lessons.errors import NotEnrolledError, PersonError
from workers.messages import TrainingJob
from workers.records import Cancelled, dump_outcome, dump_wish
from workers.using import Wish

RUN_TASK = "train"
RUN_QUEUE = "runs"
ASSIST_TASK = "assist"
ASSIST_PRIORITY = -10
"""Below that of runs: a worker helps with a search only while nobody's own run waits."""
ASK_TASK = "answer"
ASK_QUEUE = "asks"
PAPERS_QUEUE = "papers"
PAPERS_POLL_TASK = "papers_poll"
PAPERS_RANK_TASK = "papers_rank"
LINKS_TASK = "links_check"
ASKS_AT_A_TIME = 2
"""Questions that one person may have waiting."""
ASK_LIFE = timedelta(seconds=60)
"""A question that waited longer is not answered any more: nobody is there to read it."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many runs a member may have at a time."""

    running: int = 1
    queued: int = 3


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a run, and where its card is."""

    user_id: int
    user_name: str
    guild_id: int | None
    channel_id: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that has been written, and what surrounds it."""

    run: Run
    around: Surroundings


@dataclass(frozen=True, slots=True)
class CancelledAtOnce:
    """The run had not started and never will."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """The run's worker has been told to stop it."""


@dataclass(frozen=True, slots=True)
class AlreadyOver:
    """The run had ended before."""

    state: RunState


CancelResult: TypeAlias = CancelledAtOnce | Stopping | AlreadyOver


def queue_app(url: str, *, pool_size: int = 4) -> App:
    """The queue on the database at `url`. Deferring in a session's transaction works without opening it."""
    return App(
        connector=PsycopgConnector(
            conninfo=libpq_url(url),
            min_size=1,
            max_size=pool_size,
            kwargs={"connect_timeout": 5, "application_name": "waypoint-queue"},
        )
    )


async def defer_run(queue: App, session: AsyncSession, run: Run) -> int:
    """Write the job of a run in the session's transaction; returns its id.

    The lock keeps a member to one running run, whatever the number of workers: the queue hands out the next job
    with the same lock only when the one before has ended.
    """
    task = queue.configure_task(
        name=RUN_TASK,
        queue=RUN_QUEUE,
        lock=f"member:{run.user_id}",
        connection=await raw_connection(session),
    )
    return await task.defer_async(run_id=run.id)


async def defer_assistants(queue: App, session: AsyncSession, run_id: int, count: int) -> None:
    """Ask so many other workers to help with the search of a run, as far as they are free."""
    task = queue.configure_task(
        name=ASSIST_TASK, queue=RUN_QUEUE, priority=ASSIST_PRIORITY, connection=await raw_connection(session)
    )
    for _ in range(count):
        await task.defer_async(run_id=run_id)


async def ask(
    queue: App,
    session: AsyncSession,
    job: TrainingJob,
    asker: Asker,
    quota: Quota,
    now: datetime,
    *,
    upload_id: int | None = None,
) -> Asked:
    """Write a run and its job.

    Args:
        queue: To defer the job.
        session: In whose transaction it all happens.
        job: What to train; its upload is kept, its model is remembered by its run's number.
        asker: Who asks, and where.
        quota: How many runs they may have.
        now: The time.
        upload_id: The member's file where it is kept already, for a run that is done again.

    Raises:
        NotEnrolledError: they are no member yet.
        PersonError: they have as many runs waiting as one member may have.
    """
    await runs.lock_member_runs(session, asker.user_id)
    outlook = await runs.outlook(session, asker.user_id, job.project, job.preset, job.dataset, now)
    if not outlook.enrolled:
        raise NotEnrolledError
    # The one that will run next is counted as running: with nothing running, one more may wait.
    room = quota.queued if outlook.running else quota.queued + quota.running
    if outlook.queued >= room:
        going = f"{outlook.running} running and " if outlook.running else ""
        raise PersonError(
            f"You have {going}{outlook.queued} waiting, which is as many runs as one member may have. "
            "Wait for one to end, or cancel one with `/runs list`."
        )
    run = Run(
        id=outlook.next_id,
        **asdict(asker),
        project=job.project,
        preset=job.preset,
        dataset=job.dataset,
        seed=job.seed,
        options=dict(job.options),
        fallback=asdict(job.fallback) if job.fallback else None,
        upload_id=upload_id,
        model_run_id=job.model.run_id if job.model else None,
    )
    if job.upload is not None and upload_id is None:
        run.upload_id = await keep_upload(session, asker.user_id, job.upload.name, job.upload.data)
    run.job_id = await defer_run(queue, session, run)
    session.add(run)
    await session.flush()
    return Asked(run, outlook.around)


async def ask_model(
    queue: App, session: AsyncSession, user_id: int, wish: Wish, now: datetime, *, run_id: int | None = None
) -> int:
    """Write a question and its job in the session's transaction; returns its number.

    Args:
        queue: To defer the job.
        session: In whose transaction it all happens.
        user_id: Who asks.
        wish: The question.
        now: The time.
        run_id: Whose model is asked; none for a wish that needs no model.

    Raises:
        PersonError: no worker is up, or the person's questions before this one are not answered yet.
    """
    around = await asks.surroundings(session, user_id, now, since=now - ASK_LIFE)
    if not around.up:
        raise PersonError(
            "No worker is up right now, so nobody can run the model. Try again later; whoever runs this bot can "
            "start one with `waypoint worker`."
        )
    if around.waiting >= ASKS_AT_A_TIME:
        raise PersonError("Your last questions are still being answered. Give them a moment, then ask again.")
    number = await asks.put(session, user_id, wish.kind, run_id, dump_wish(wish), wish.picture)
    await defer_ask(queue, session, number)
    return number


async def defer_ask(queue: App, session: AsyncSession, ask_id: int) -> int:
    """Write the job of a question in the session's transaction; returns its id."""
    task = queue.configure_task(name=ASK_TASK, queue=ASK_QUEUE, connection=await raw_connection(session))
    return await task.defer_async(ask_id=ask_id)


async def defer_paper_poll(queue: App, session: AsyncSession) -> bool:
    """Have some worker try arXiv's feed, if that is due by then; `False` if such a job waits already."""
    return await _defer_once(queue, session, PAPERS_POLL_TASK)


async def defer_paper_ranking(queue: App, session: AsyncSession) -> bool:
    """Have some worker rank the papers for the servers that are due; `False` if such a job waits already."""
    return await _defer_once(queue, session, PAPERS_RANK_TASK)


async def defer_link_check(queue: App, session: AsyncSession) -> bool:
    """Have some worker look at the links that are due; `False` if such a job waits already."""
    return await _defer_once(queue, session, LINKS_TASK)


async def _defer_once(queue: App, session: AsyncSession, name: str) -> bool:
    try:
        # The savepoint keeps what else the transaction holds when the job is there already.
        async with session.begin_nested():
            connection = await raw_connection(session)
            task = queue.configure_task(
                name=name, queue=PAPERS_QUEUE, queueing_lock=name, lock=name, connection=connection
            )
            await task.defer_async()
    except AlreadyEnqueued:
        return False
    return True


async def cancel(queue: App, session: AsyncSession, run: Run, *, by: str, now: datetime) -> CancelResult:
    """Cancel a queued run at once, or ask the worker of a running one to stop it."""
    outcome: dict[str, Any] = dump_outcome(Cancelled(by=by))
    if await runs.cancel_queued(session, run.id, now, outcome):
        if run.job_id is not None:
            raw = await raw_connection(session)
            await queue.job_manager.cancel_job_by_id_async(run.job_id, connection=raw)
        await notify(session, runs.RUN_CHANGED, str(run.id))
        return CancelledAtOnce()
    if await runs.request_cancel(session, run.id, now, by=by):
        await notify(session, runs.RUN_CHANGED, str(run.id))
        return Stopping()
    ended = await runs.get_run(session, run.id)
    return AlreadyOver(RunState(ended.state) if ended else RunState.CANCELLED)
