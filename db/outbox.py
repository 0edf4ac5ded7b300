"""The outbox: what the bot has to say unasked, claimed by one delivery at a time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import notify
from db.tables import OutboxRow

OUTBOX_FILLED = "waypoint_outbox"
"""NOTIFY channel: there is something to deliver."""
NOTE = "note"
"""Kind of the rows that are a sentence."""
OPERATOR = "operator"
"""The same for whoever runs the bot: delivery asks Discord who that is."""


async def post(
    session: AsyncSession,
    *,
    key: str,
    kind: str,
    payload: dict[str, Any],
    channel_id: int | None = None,
    user_id: int | None = None,
) -> bool:
    """Write a message to be delivered, in the transaction that caused it; `False` if `key` is there."""
    row = {"key": key, "kind": kind, "payload": payload, "channel_id": channel_id, "user_id": user_id}
    statement = insert(OutboxRow).values(row).on_conflict_do_nothing(index_elements=[OutboxRow.key])
    written = await session.scalar(statement.returning(OutboxRow.id))
    if written is not None:
        await notify(session, OUTBOX_FILLED, str(written))
    return written is not None


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be delivered; the fields are those of `post`."""

    key: str
    kind: str
    payload: dict[str, Any]
    channel_id: int | None = None
    user_id: int | None = None


async def post_many(session: AsyncSession, messages: Sequence[Message]) -> None:
    """The same for many at once, with one statement and one notification."""
    if messages:
        rows = [asdict(message) for message in messages]
        await session.execute(insert(OutboxRow).on_conflict_do_nothing(index_elements=[OutboxRow.key]), rows)
        await notify(session, OUTBOX_FILLED, str(len(rows)))


async def post_again(session: AsyncSession, key: str) -> None:
    """Deliver what was given up, from the start; what was sent or still waits is left as it is."""
    again = (
        update(OutboxRow)
        .where(OutboxRow.key == key, OutboxRow.failed_at.is_not(None))
        .values(failed_at=None, attempts=0, due_at=func.now(), claimed_until=None)
    )
    if (row_id := await session.scalar(again.returning(OutboxRow.id))) is not None:
        await notify(session, OUTBOX_FILLED, str(row_id))


async def claim_due(session: AsyncSession, now: datetime, *, lease: timedelta, limit: int = 10) -> list[OutboxRow]:
    """Take due rows for the length of `lease`; others skip them until it is over."""
    due = (
        select(OutboxRow.id)
        .where(
            OutboxRow.sent_at.is_(None),
            OutboxRow.failed_at.is_(None),
            OutboxRow.due_at <= now,
            or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < now),
        )
        .order_by(OutboxRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await session.scalars(
        update(OutboxRow)
        .where(OutboxRow.id.in_(due.scalar_subquery()))
        .values(claimed_until=now + lease, attempts=OutboxRow.attempts + 1)
        .returning(OutboxRow)
    )
    return sorted(rows, key=lambda row: row.id)


async def mark_sent(session: AsyncSession, row_id: int, message_id: int | None, now: datetime) -> None:
    """Discord took it."""
    await session.execute(
        update(OutboxRow).where(OutboxRow.id == row_id).values(sent_at=now, message_id=message_id, last_error=None)
    )


async def mark_retry(session: AsyncSession, row_id: int, due_at: datetime, error: str) -> None:
    """It did not get through: try again at `due_at`."""
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id)
        .values(due_at=due_at, claimed_until=None, last_error=error[:500])
    )


async def mark_failed(session: AsyncSession, row_id: int, now: datetime, error: str) -> None:
    """It never will get through."""
    await session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(failed_at=now, last_error=error[:500]))


async def redirect(
    session: AsyncSession,
    row_id: int,
    *,
    channel_id: int | None,
    user_id: int | None,
    payload: dict[str, Any] | None = None,
) -> None:
    """Deliver it somewhere else, now; in other words, if `payload` is given."""
    words = {} if payload is None else {"payload": payload}
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id)
        .values(channel_id=channel_id, user_id=user_id, claimed_until=None, **words)
    )


async def sent_message(session: AsyncSession, key: str) -> tuple[int | None, int | None]:
    """Channel and message id of what was delivered under `key`, as far as known."""
    row = (
        await session.execute(select(OutboxRow.channel_id, OutboxRow.message_id).where(OutboxRow.key == key))
    ).one_or_none()
    return (None, None) if row is None else (row[0], row[1])
