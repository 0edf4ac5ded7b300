"""Roles of finished phases: what is owed to members, and which role of a server stands for which phase."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import outbox
from db.learning_tables import PhaseRole
from lessons.curriculum import Curriculum
from lessons.phases import finished_phases
from lessons.progress import Enrolment

PHASE_ROLE = "phase_role"
"""Kind of the outbox row; its payload names ``guild_id`` and ``phase_id``, and its user is who gets the role."""


async def post_phase_roles(
    session: AsyncSession, curriculum: Curriculum, after: Enrolment, *, user_id: int, guild_id: int | None
) -> None:
    """Owe the member the roles of all phases that are finished in `after`, in the server in which they acted.

    Call it whenever a topic becomes done. Each role is given once a server, so a phase that was finished in another
    server or in a DM, where there are no roles, is made up for here, and so is what could not be given at its time.
    """
    if guild_id is None:
        return
    for phase in finished_phases(curriculum, after):
        key, payload = f"phase_role:{guild_id}:{user_id}:{phase.id}", {"guild_id": guild_id, "phase_id": phase.id}
        if not await outbox.post(session, key=key, kind=PHASE_ROLE, payload=payload, user_id=user_id):
            await outbox.post_again(session, key)


async def known_role(session: AsyncSession, guild_id: int, phase_id: str) -> int | None:
    """The role that stands for the phase in that server, if one was found or made before."""
    return await session.scalar(
        select(PhaseRole.role_id).where(PhaseRole.guild_id == guild_id, PhaseRole.phase_id == phase_id)
    )


async def remember_role(
    session: AsyncSession, guild_id: int, phase_id: str, role_id: int, *, instead_of: int | None
) -> int:
    """Let `role_id` stand for the phase from now on, and return the role that does.

    That is another one where somebody else replaced `instead_of`, the role known before, at the same time.
    """
    row = {"guild_id": guild_id, "phase_id": phase_id, "role_id": role_id}
    await session.execute(
        insert(PhaseRole)
        .values(row)
        .on_conflict_do_update(
            index_elements=[PhaseRole.guild_id, PhaseRole.phase_id],
            set_={"role_id": role_id},
            where=PhaseRole.role_id == instead_of,
        )
    )
    return await known_role(session, guild_id, phase_id) or role_id
