"""Runs as members ask for them and as workers leave them: shared by the tests of db, bot and cogs."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from PIL import Image
from sqlalchemy import text

from db import fenced
from db.engine import Database
from db.members import enrol
from db.tables import Run
from lessons.load import load_curriculum
from workers.catalogue import resolve
from workers.messages import Artifact, Failed, Finished, Seconds
from workers.queue import Asker, Quota, ask, queue_app
from workers.records import RunOutcome
from workers.report import File, Picture, Report, Table, Text
from workers.supervise import write_end

ALICE = Asker(user_id=700, user_name="Alice", guild_id=50, channel_id=60)
BOB = Asker(user_id=800, user_name="Bob", guild_id=50, channel_id=60)
PLENTY = Quota(running=1, queued=50)
STALE_AFTER = timedelta(seconds=8)

FAILED = Failed(
    sentence="The loss stopped being a number at step 12.", advice="Try a smaller learning rate.", cause="diverged"
)


def at(seconds: float = 0.0) -> datetime:
    """The time so many seconds from now."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def ask_for(
    database: Database,
    asker: Asker = ALICE,
    *,
    quota: Quota = PLENTY,
    preset: str = "quick",
    dataset: str = "digits",
    options: dict[str, int | float | str | bool | None] | None = None,
) -> Run:
    """A queued run, asked for as the chat does it, of somebody who is a member by then."""
    job = resolve("cnn", preset=preset, dataset=dataset, seed=7, options=options)
    async with database.transaction() as session:
        await enrol(
            session,
            user_id=asker.user_id,
            display_name=asker.user_name,
            pace="middle",
            time_zone="UTC",
            started_on=at().date(),
        )
    async with database.transaction() as session:
        return (await ask(queue_app(database.url), session, job, asker, quota, at())).run


async def take(database: Database, run_id: int, worker: str = "worker-1", now: datetime | None = None) -> Run | None:
    """The run, claimed by a worker."""
    async with database.transaction() as session:
        return await fenced.claim(session, run_id, worker_id=worker, now=now or at(), stale_after=STALE_AFTER)


async def end(database: Database, run: Run, outcome: RunOutcome, artifacts: Sequence[Artifact] = ()) -> bool:
    """End a claimed run with the transaction in which its worker would."""
    async with database.transaction() as session:
        return await write_end(session, load_curriculum(), run, outcome, list(artifacts))


async def finish(database: Database, run_id: int, accuracy: float = 0.975) -> None:
    """Carry a queued run to a good end, with its files."""
    run = await take(database, run_id)
    assert run is not None
    assert await end(database, run, finished(accuracy), artifacts())


def finished(accuracy: float = 0.975) -> Finished:
    """What the trainer says at a good end."""
    return Finished(
        metrics={"test_accuracy": accuracy, "test_loss": 0.08},
        dataset="Digits, 1,437 training and 360 test pictures",
        seconds=Seconds(load=0.4, train=2.5, total=3.1),
        device="CPU, 2 cores",
        versions={"python": "3.11", "torch": "2.13.0"},
        report=Report(
            headline=f"{accuracy:.1%} of test digits right",
            parts=(
                Text("The worst-confused pair is 8 and 1."),
                Picture("curves.png", "Loss and accuracy by epoch"),
                Picture("confusion.png", "Which digit was taken for which"),
                Table(header=("", "accuracy"), rows=(("this run", f"{accuracy:.2%}"), ("reference", "99.16 %"))),
                File("model.pt", "The weights"),
            ),
        ),
        curves={"train_loss": [(1.0, 0.9), (2.0, 0.3)]},
    )


def picture(colour: str) -> bytes:
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(file, "PNG")
    return file.getvalue()


def artifacts() -> list[Artifact]:
    """The files of `finished`."""
    return [
        Artifact("curves.png", "image/png", picture("navy")),
        Artifact("confusion.png", "image/png", picture("teal")),
        Artifact("model.pt", "application/octet-stream", b"PK\x03\x04 weights"),
    ]


async def fetch_run(database: Database, run_id: int) -> Run:
    """The run as it is in the database now."""
    async with database.session() as session:
        found = await session.get(Run, run_id)
        assert found is not None
        return found


async def sql(database: Database, statement: str, **values: object) -> Sequence[Sequence[object]]:
    """Run a statement; its rows if it gives any."""
    async with database.transaction() as session:
        result = await session.execute(text(statement), values)
        return [tuple(row) for row in result] if result.returns_rows else []


def lasting(outcome: Finished, seconds: float) -> Finished:
    """The same outcome after so many seconds."""
    return replace(outcome, seconds=Seconds(load=0.0, train=seconds, total=seconds))
