"""What members bring for their runs: zips of pictures, texts."""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from db.tables import Run, Upload


async def keep_upload(session: AsyncSession, user_id: int, name: str, data: bytes) -> int:
    """Keep a member's file; returns its number, which a run refers to."""
    kept = Upload(user_id=user_id, name=name, data=data)
    session.add(kept)
    await session.flush()
    return kept.id


async def get_upload(session: AsyncSession, upload_id: int) -> Upload | None:
    """The file with its data."""
    return await session.scalar(select(Upload).where(Upload.id == upload_id).options(undefer(Upload.data)))


async def drop_uploads(session: AsyncSession, *, before: datetime) -> None:
    """Delete the files that no run queued since then refers to: *Again* then asks for the file anew."""
    needed = exists().where(Run.upload_id == Upload.id, Run.queued_at >= before)
    await session.execute(delete(Upload).where(Upload.created_at < before, ~needed))
