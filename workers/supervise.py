"""One run, from claim to end: the trainer's messages go into the database, the database's word goes to the trainer."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TypeVar

import psutil
from procrastinate import App
from sqlalchemy.ext.asyncio import AsyncSession

from db import belongings, fenced, members, outbox, runs
from db.engine import DATABASE_AWAY, Database, is_disk_full, notify
from db.fenced import Fence
from db.passing import note_stamps
from db.runs import MODEL_FILE, RUN_CHANGED, artifact, cancelled_by, drop_run_leftovers, get_run
from db.tables import Run, RunState
from lessons.curriculum import Curriculum
from lessons.reload import Broken, LatestCurriculum
from lessons.stepping import AlreadyDone, Noted, TopicDone, note_run
from workers.assist import study_of
from workers.catalogue import PROJECTS
from workers.deployments import Deployments, end_process
from workers.messages import (
    Artifact,
    Checkpoint,
    Failed,
    Finished,
    Progress,
    Sample,
    Serving,
    Stage,
    TrainedModel,
    TrainingJob,
    Upload,
)
from workers.queue import defer_assistants, defer_run
from workers.records import Cancelled, LiveProgress, RunOutcome, dump_outcome, dump_progress, training_job
from workers.recovery import MAX_ATTEMPTS, STALE_AFTER
from workers.trainer import Trainer, TrainerHost

log = logging.getLogger(__name__)

WRITE_EVERY = 0.5
"""Seconds between two writes of progress: the chat shows one edit in 3 s, curves want a little more."""
BEAT_EVERY = 2.0
"""Seconds between two signs of life when there is no progress to write."""
RETRY_DELAYS = (0.2, 0.5, 1.0, 2.0, 5.0)

DISK_FULL = Failed(
    sentence="The disk is full, so the run could not be kept.",
    advice="Tell whoever runs this bot to free some space, then press Again: nothing else was lost.",
)
SILENT = Failed(
    sentence="The trainer ended without saying how it went.",
    advice="Press Again; if it happens twice, show the run's number to whoever runs this bot.",
)
T = TypeVar("T")


class Ending(Enum):
    """Why a run is no longer supervised."""

    FINISHED = auto()
    CANCELLED = auto()
    LOST = auto()
    GIVEN_BACK = auto()


@dataclass(slots=True)
class _Pending:
    """What the trainer has said and the database does not have yet."""

    progress: LiveProgress | None = None
    first_step_at: datetime | None = None
    samples: list[Sample] = field(default_factory=list[Sample])
    checkpoint: Checkpoint | None = None
    artifacts: list[Artifact] = field(default_factory=list[Artifact])
    serving: Serving | None = None
    outcome: Finished | Failed | None = None
    last_step: int | None = None

    def snapshot(self) -> "_Pending":
        """What is pending now: written first, and forgotten only once that is committed."""
        return replace(self, samples=list(self.samples), artifacts=list(self.artifacts))

    def forget(self, written: "_Pending") -> None:
        """Drop what `written` holds; what came meanwhile stays."""
        if self.progress is written.progress:
            self.progress = None
        if self.checkpoint is written.checkpoint:
            self.checkpoint = None
        del self.samples[: len(written.samples)]


def now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class RunSupervisor:
    """Carries one run through on this worker."""

    def __init__(
        self,
        database: Database,
        queue: App,
        host: TrainerHost,
        lessons: LatestCurriculum,
        *,
        worker_id: str,
        stopping: asyncio.Event,
        deployments: Deployments,
    ) -> None:
        self._database = database
        self._queue = queue
        self._host = host
        self._lessons = lessons
        self._worker_id = worker_id
        self._stopping = stopping
        self._deployments = deployments

    async def carry(self, run_id: int) -> Ending | None:
        """Claim the run and see it to its end; `None` if there was nothing to claim."""
        run, job = await self._persist(lambda session: self._claim(session, run_id))
        if run is None or job is None:
            log.info("run %s: nothing to do, it ended or another worker has it", run_id)
            return None
        log.info("run %s attempt %s: %s %s on %s", run.id, run.attempt, run.project, run.preset, run.dataset)
        if run.attempt > MAX_ATTEMPTS:
            failed = Failed(
                sentence=f"This run took its worker down {MAX_ATTEMPTS} times, so it was not tried again.",
                advice="Try a smaller preset, and show the run's number to whoever runs this bot.",
            )
            return await self._end(run, failed, [])
        async with self._host.train(job) as trainer:
            return await self._follow(run, trainer)

    async def _claim(self, session: AsyncSession, run_id: int) -> tuple[Run | None, TrainingJob | None]:
        run = await fenced.claim(session, run_id, worker_id=self._worker_id, now=now(), stale_after=STALE_AFTER)
        if run is None:
            return None, None
        await notify(session, RUN_CHANGED, str(run_id))
        study = None
        if (known := PROJECTS.get(run.project)) is not None and known.searches:
            study = study_of(run, self._database.url)
            if run.attempt == 1 and (helpers := int(run.options.get("workers", 1)) - 1) > 0:
                await defer_assistants(self._queue, session, run.id, helpers)
        job = training_job(
            run,
            checkpoint=await fenced.load_checkpoint(session, run_id),
            upload=await _upload(session, run),
            model=await _model(session, run),
            study=study,
        )
        return run, job

    async def _follow(self, run: Run, trainer: Trainer) -> Ending:
        """Read the trainer's messages as they come; write them at a steady pace; obey the fence."""
        pending = _Pending()
        wake = _Wake()
        reader = asyncio.create_task(_read(trainer, pending, wake), name=f"run {run.id} reader")
        stop = asyncio.create_task(self._stopping.wait(), name=f"run {run.id} stop")
        written = 0.0
        try:
            while True:
                woken = asyncio.create_task(wake.news.wait())
                await asyncio.wait({woken, reader, stop}, timeout=BEAT_EVERY, return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
                if self._stopping.is_set():
                    return await self._give_back(run, trainer, pending, reader)
                if reader.done():
                    reader.result()
                    return await self._end(run, pending.outcome or SILENT, pending.artifacts, pending)
                since = asyncio.get_running_loop().time() - written
                if since < WRITE_EVERY and not wake.urgent.is_set():
                    await wake.urgently(within=WRITE_EVERY - since)
                wake.clear()
                fence = await self._write_or_keep(run, pending)
                written = asyncio.get_running_loop().time()
                match fence:
                    case Fence.HELD:
                        continue
                    case Fence.LOST:
                        log.warning("run %s attempt %s: taken over or ended elsewhere", run.id, run.attempt)
                        await trainer.stop(grace=0)
                        if pending.serving is not None:
                            await self._settle(run, pending.serving, kept=False)
                        return Ending.LOST
                    case Fence.CANCEL:
                        await trainer.stop()
                        await reader
                        if isinstance(pending.outcome, Finished):
                            # The last step came before the stop: what is done is done.
                            return await self._end(run, pending.outcome, pending.artifacts, pending)
                        by = await self._persist(lambda session: cancelled_by(session, run.id))
                        return await self._end(run, Cancelled(by or run.user_name, pending.last_step), [], pending)
        finally:
            stop.cancel()
            reader.cancel()

    async def _write_or_keep(self, run: Run, pending: _Pending) -> Fence:
        """Write what is pending; while the database is away keep it, and the training going."""
        written = pending.snapshot()
        try:
            async with self._database.transaction() as session:
                fence = await self._write(session, run, written)
            pending.forget(written)
            return fence
        except DATABASE_AWAY as error:
            log.warning("run %s: database away, training goes on (%s)", run.id, error)
            return Fence.HELD

    async def _write(self, session: AsyncSession, run: Run, written: _Pending) -> Fence:
        dumped = dump_progress(written.progress) if written.progress is not None else None
        fence = await fenced.beat(
            session, run.id, run.attempt, now(), progress=dumped, first_step_at=written.first_step_at
        )
        if fence is Fence.LOST:
            return fence
        if dumped is not None:
            await fenced.add_event(session, run.id, run.attempt, dumped["kind"], dumped)
        for sample in written.samples:
            kind = "gif" if sample.picture and sample.picture.startswith(b"GIF8") else "png"
            name = f"sample-{sample.step}.{kind}" if sample.picture else None
            if name and sample.picture:
                await fenced.save_artifact(session, run.id, name, f"image/{kind}", sample.picture)
            payload = {"step": sample.step, "caption": sample.caption, "text": sample.text, "artifact": name}
            await fenced.add_event(session, run.id, run.attempt, "sample", payload)
        if written.checkpoint is not None:
            await fenced.save_checkpoint(session, run.id, written.checkpoint.step, written.checkpoint.data)
        if dumped is not None or written.samples:
            await notify(session, RUN_CHANGED, str(run.id))
        return fence

    async def _end(
        self, run: Run, outcome: RunOutcome, artifacts: list[Artifact], pending: _Pending | None = None
    ) -> Ending:
        """The one transaction that ends a run: outcome, artifacts, topic, and the row that tells delivery."""
        serving = pending.serving if pending is not None else None
        if isinstance(look := await asyncio.to_thread(self._lessons.look), Broken):
            log.warning("lessons: the last good version stays: %s", "; ".join(map(str, look.problems)))

        async def write(session: AsyncSession) -> bool:
            if pending is not None:
                await self._write(session, run, pending)
            ended = await write_end(session, self._lessons.current, run, outcome, artifacts)
            if ended and serving is not None and isinstance(outcome, Finished):
                await self._deployments.note(session, run, serving, now())
            return ended

        ended = False
        try:
            ended = await self._persist(write)
        except Exception as error:
            if not is_disk_full(error) or outcome is DISK_FULL:
                raise
            log.exception("run %s: disk full", run.id)
            return await self._end(run, DISK_FULL, [])
        finally:
            if serving is not None:
                await self._settle(run, serving, kept=ended and isinstance(outcome, Finished))
        if not ended:
            return Ending.LOST
        if isinstance(outcome, Failed):
            log.error("run %s failed: %s\n%s", run.id, outcome.sentence, outcome.detail)
        return Ending.CANCELLED if isinstance(outcome, Cancelled) else Ending.FINISHED

    async def _settle(self, run: Run, serving: Serving, *, kept: bool) -> None:
        """Look after the server that the run left behind, or end it where nobody will ever be told of it."""
        if kept:
            self._deployments.keep(run.id, serving)
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            await end_process(psutil.Process(serving.pid))

    async def _give_back(self, run: Run, trainer: Trainer, pending: _Pending, reader: asyncio.Task[None]) -> Ending:
        """This worker is asked to stop: save where the run is and put it back into the queue."""
        await trainer.stop()
        await reader
        if isinstance(pending.outcome, Finished):
            return await self._end(run, pending.outcome, pending.artifacts, pending)
        pending.progress = Stage("Its worker was stopped; it goes on from here with the next one.")

        async def write(session: AsyncSession) -> bool:
            if await self._write(session, run, pending) is Fence.LOST:
                return False
            current = await get_run(session, run.id)
            if current is None or current.attempt != run.attempt:
                return False
            current.state = RunState.QUEUED
            current.job_id = await defer_run(self._queue, session, current)
            await notify(session, RUN_CHANGED, str(run.id))
            return True

        await self._persist(write)
        log.info("run %s: given back to the queue", run.id)
        return Ending.GIVEN_BACK

    async def _persist(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Do `work` in a transaction, again and again while the database is away.

        `work` may run more than once, so it must write the same thing each time; fences and keys see to that.
        """
        tries = 0
        while True:
            try:
                async with self._database.transaction() as session:
                    return await work(session)
            except DATABASE_AWAY as error:
                if is_disk_full(error):
                    raise
                delay = RETRY_DELAYS[min(tries, len(RETRY_DELAYS) - 1)]
                tries += 1
                log.warning("database away (%s); again in %.1f s", error, delay)
                await asyncio.sleep(delay)


class _Wake:
    """How the reader of messages wakes the writer: for news at the next turn, for urgent news at once."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.urgent = asyncio.Event()

    def clear(self) -> None:
        self.news.clear()
        self.urgent.clear()

    async def urgently(self, *, within: float) -> None:
        """Wait so many seconds, or less if something urgent comes."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.urgent.wait(), within)


async def _upload(session: AsyncSession, run: Run) -> Upload | None:
    """The member's own data, if the run has some."""
    if run.upload_id is None:
        return None
    kept = await belongings.get_upload(session, run.upload_id)
    return Upload(kept.name, kept.data) if kept is not None else None


async def _model(session: AsyncSession, run: Run) -> TrainedModel | None:
    """The trained model that the run works on, if it does."""
    if run.model_run_id is None:
        return None
    source = await get_run(session, run.model_run_id)
    data = await artifact(session, run.model_run_id, MODEL_FILE)
    return TrainedModel(source.id, source.project, source.dataset, data) if source and data else None


async def _read(trainer: Trainer, pending: _Pending, wake: _Wake) -> None:
    """Collect the trainer's messages until its last one; the first step and the end are urgent."""
    async for message in trainer:
        match message:
            case Stage():
                pending.progress = message
            case Progress():
                pending.progress = message
                pending.last_step = message.step
                if pending.first_step_at is None:
                    pending.first_step_at = now()
                    wake.urgent.set()
            case Sample():
                pending.samples.append(message)
            case Checkpoint():
                pending.checkpoint = message
            case Artifact():
                pending.artifacts.append(message)
                continue
            case Serving():
                pending.serving = message
                continue
            case Finished() | Failed():
                pending.outcome = message
                wake.urgent.set()
        wake.news.set()


async def write_end(
    session: AsyncSession, curriculum: Curriculum, run: Run, outcome: RunOutcome, artifacts: list[Artifact]
) -> bool:
    """Everything that a run's end leaves; `False`, and nothing written, if it is not this attempt's to end."""
    moment = now()
    if not await fenced.finish(
        session, run.id, run.attempt, state=_state_of(outcome), now=moment, outcome=dump_outcome(outcome)
    ):
        return False
    for made in artifacts:
        await fenced.save_artifact(session, run.id, made.name, made.media_type, made.data)
    if isinstance(outcome, Finished) and (instead := outcome.instead) is not None:
        # The run is from now on what it was: its best, its wait and its comparisons are those of this data set.
        await runs.trained_on(session, run.id, instead.dataset, instead.options)
    await drop_run_leftovers(session, run.id)
    if isinstance(outcome, Finished):
        await _note_run(session, curriculum, run, moment)
    if not isinstance(outcome, Cancelled):
        await outbox.post(
            session,
            key=f"run:{run.id}:result",
            kind="run_result",
            payload={"run_id": run.id},
            channel_id=run.channel_id,
            user_id=run.user_id,
        )
    await notify(session, RUN_CHANGED, str(run.id))
    return True


def _state_of(outcome: RunOutcome) -> RunState:
    match outcome:
        case Finished():
            return RunState.SUCCEEDED
        case Failed():
            return RunState.FAILED
        case Cancelled():
            return RunState.CANCELLED


async def _note_run(session: AsyncSession, curriculum: Curriculum, run: Run, at: datetime) -> None:
    """What the run means for its topic, by the rule of `lessons.stepping`; nothing for who is no member any more."""
    enrolment = await members.load_enrolment(session, run.user_id)
    if enrolment is None:
        return
    match note_run(curriculum, enrolment, run.project, at):
        case Noted(stamps=stamps, enrolment=after) | TopicDone(stamps=stamps, enrolment=after):
            await note_stamps(session, curriculum, after, stamps, at, user_id=run.user_id, guild_id=run.guild_id)
        case AlreadyDone() | None:
            pass
