"""Certificates that were issued, and the runs that a new one can name."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.learning_tables import Certificate
from db.tables import Run, RunState
from lessons.certificates import CertificateContent, Issued


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What a successful run reached."""

    id: int
    project: str
    dataset: str
    metrics: dict[str, float]


async def issue(
    session: AsyncSession, *, user_id: int, phase_id: str, content: CertificateContent, code: str
) -> Issued:
    """Store a certificate; the one that stands already is returned and left as it is, also by two at once."""
    row = {
        "code": code,
        "user_id": user_id,
        "display_name": content.name,
        "phase_id": phase_id,
        "issued_on": content.issued_on,
        "content": content.model_dump(mode="json"),
    }
    statement = insert(Certificate).values(row)
    await session.execute(statement.on_conflict_do_nothing(index_elements=[Certificate.user_id, Certificate.phase_id]))
    return await issued(session, user_id, phase_id) or Issued(code, content)


async def issued(session: AsyncSession, user_id: int, phase_id: str) -> Issued | None:
    """The member's certificate of that phase, if they have it."""
    return _read(
        await session.scalar(
            select(Certificate).where(Certificate.user_id == user_id, Certificate.phase_id == phase_id)
        )
    )


async def find_certificate(session: AsyncSession, code: str) -> Issued | None:
    """The certificate with that code, whoever's it is."""
    return _read(await session.get(Certificate, code))


async def finished_runs(session: AsyncSession, user_id: int) -> list[FinishedRun]:
    """All of the member's runs that succeeded, oldest first."""
    rows = await session.execute(
        select(Run.id, Run.project, Run.dataset, Run.outcome["metrics"])
        .where(Run.user_id == user_id, Run.state == RunState.SUCCEEDED)
        .order_by(Run.id)
    )
    return [FinishedRun(run_id, project, dataset, metrics or {}) for run_id, project, dataset, metrics in rows]


def _read(row: Certificate | None) -> Issued | None:
    return None if row is None else Issued(row.code, CertificateContent.model_validate(row.content))
