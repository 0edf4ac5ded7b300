"""What members bring for their runs: zips of pictures, texts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from db.tables import Run, Upload


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A member's file without its bytes."""

    name: str
    size: int


async def keep_upload(session: AsyncSession, user_id: int, name: str, data: bytes) -> int:
    """Keep a member's file; returns its number, which a run refers to."""
    kept = Upload(user_id=user_id, name=name, data=data)
    session.add(kept)
    await session.flush()
    return kept.id


async def get_upload(session: AsyncSession, upload_id: int) -> Upload | None:
    """The file with its data."""
    return await session.scalar(select(Upload).where(Upload.id == upload_id).options(undefer(Upload.data)))


async def find_upload(session: AsyncSession, upload_id: int) -> KeptFile | None:
    """What a kept file is; its bytes, which may be many, stay in the database."""
    row = (
        await session.execute(
            select(Upload.name, func.octet_length(Upload.data).label("size")).where(Upload.id == upload_id)
        )
    ).one_or_none()
    return None if row is None else KeptFile(row.name, row.size)


async def drop_uploads(session: AsyncSession, *, before: datetime) -> None:
    """Delete the files that no run queued since then refers to: *Again* then asks for the file anew."""
    needed = exists().where(Run.upload_id == Upload.id, Run.queued_at >= before)
    await session.execute(delete(Upload).where(Upload.created_at < before, ~needed))
