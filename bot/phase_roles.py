"""The role that says that a member has finished a phase: found or made in their server, and given to them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import discord

from bot.client import Waypoint
from db import outbox
from db.phase_roles import known_role, remember_role
from lessons.model import Phase

_NOBODY_THERE = {10004, 10007, 10013, 50001}
"""Unknown guild, unknown member, unknown user, missing access: the member or the bot has left the server."""
_UNKNOWN_ROLE = 10011
"""It was deleted a moment ago; the next try makes another."""


@dataclass(frozen=True, slots=True)
class Given:
    """The member has it."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """It may work in a while."""

    why: str


@dataclass(frozen=True, slots=True)
class MayNot:
    """The server does not let the bot do it, until its organiser does something about it."""

    reason: Literal["permission", "place", "refused"]
    why: str
    """A half sentence, and so is what to do."""
    what_to_do: str


@dataclass(frozen=True, slots=True)
class NobodyThere:
    """The member or the bot has left the server, or the phase has left the roadmap."""

    why: str


Outcome: TypeAlias = Given | NotNow | MayNot | NobodyThere


@dataclass(frozen=True, slots=True)
class Role:
    """What counts of a role of a server."""

    id: int
    name: str
    permissions: discord.Permissions
    height: tuple[int, int]
    """The higher of two roles has the higher one; of two at one position the older is higher."""
    managed: bool

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Role":
        """From Discord's role object."""
        role_id = int(raw["id"])
        permissions = discord.Permissions(int(raw["permissions"]))
        return cls(role_id, raw["name"], permissions, (int(raw["position"]), -role_id), bool(raw["managed"]))


def role_name(phase: Phase) -> str:
    """E.g. ``🏃 Core Deep Learning``."""
    return f"{phase.emoji} {phase.title}"


def choose_role(roles: Sequence[Role], own: set[int], known: int | None, name: str) -> Role | MayNot | None:
    """Which role of a server stands for a phase; `None` where one has to be made.

    It is the one from last time, whatever it is called by now, or else one that already has the name.

    Args:
        roles: all of the server, @everyone included.
        own: ids of the bot's own, @everyone's included.
        known: the role that stood for the phase the last time.
        name: what a new one is called.
    """
    mine = [role for role in roles if role.id in own]
    allowed = discord.Permissions.none()
    for role in mine:
        allowed |= role.permissions
    if not (allowed.manage_roles or allowed.administrator):
        return MayNot(
            "permission",
            "I lack the permission **Manage Roles**",
            "give my role that permission in the server's settings, under Roles",
        )
    named = [role for role in roles if role.name == name and not role.managed]
    chosen = next((role for role in roles if role.id == known), None) or max(
        named, key=lambda role: role.height, default=None
    )
    if chosen is None or chosen.height < max(role.height for role in mine):
        return chosen
    return MayNot(
        "place",
        f"the role **{discord.utils.escape_markdown(chosen.name)}** stands above mine",
        "drag my role above it in the server's settings, under Roles",
    )


class PhaseRoles:
    """Gives the roles, one after the other: two members who finish at once share the one that is made."""

    def __init__(self, bot: Waypoint) -> None:
        self._bot = bot
        self._turn = asyncio.Lock()

    async def give(self, guild_id: int, user_id: int, phase_id: str) -> Outcome:
        """Give a member the role of a phase in one server; where it may not be, tell its organiser once."""
        phase = next((each for each in self._bot.curriculum.phases if each.id == phase_id), None)
        if phase is None:
            return NobodyThere(f"there is no phase {phase_id} any more")
        try:
            outcome = await self._give(guild_id, user_id, phase)
            if isinstance(outcome, MayNot):
                await self._tell_organiser(guild_id, phase, outcome)
        except discord.HTTPException as error:
            return _judge(error)
        return outcome

    async def _give(self, guild_id: int, user_id: int, phase: Phase) -> Outcome:
        try:
            async with self._turn:
                role = await self._role(guild_id, phase)
            if isinstance(role, MayNot):
                return role
            await self._bot.http.add_role(guild_id, user_id, role, reason=f"Finished {phase.title}")
        except discord.HTTPException as error:
            return _judge(error)
        return Given()

    async def _tell_organiser(self, guild_id: int, phase: Phase, may_not: MayNot) -> None:
        guild = await self._bot.http.get_guild(guild_id, with_counts=False)
        async with self._bot.database.transaction() as session:
            await outbox.post(
                session,
                key=f"phase_role:{guild_id}:{may_not.reason}",
                kind=outbox.NOTE,
                payload={
                    "text": f"Somebody in **{discord.utils.escape_markdown(guild['name'])}** has earned the role "
                    f"**{role_name(phase)}**, and I can't give it: {may_not.why}. To change that, "
                    f"{may_not.what_to_do}. I keep trying for a day."
                },
                user_id=int(guild["owner_id"]),
            )

    async def _role(self, guild_id: int, phase: Phase) -> int | MayNot:
        """The id of the role that stands for the phase there; made where there is none."""
        http, user, name = self._bot.http, self._bot.user, role_name(phase)
        if user is None:
            raise RuntimeError("roles are given by a bot that has logged in")
        me = await http.get_member(guild_id, user.id)
        roles = [Role.read(raw) for raw in await http.get_roles(guild_id)]
        async with self._bot.database.session() as session:
            known = await known_role(session, guild_id, phase.id)
        match choose_role(roles, {guild_id, *map(int, me["roles"])}, known, name):
            case MayNot() as may_not:
                return may_not
            case Role(id=found):
                made = None
            case None:
                raw = await http.create_role(
                    guild_id, name=name, permissions="0", reason="For members who finish this phase of the roadmap"
                )
                found = made = int(raw["id"])
        async with self._bot.database.transaction() as session:
            stands = await remember_role(session, guild_id, phase.id, found, instead_of=known)
        if made is not None and stands != made:
            # Another process made one at the same time, and was first to say so.
            await http.delete_role(guild_id, made, reason="Made twice at the same time")
        return stands


def _judge(error: discord.HTTPException) -> Outcome:
    if error.code in _NOBODY_THERE:
        return NobodyThere(str(error))
    if error.status == 429 or error.status >= 500 or error.code == _UNKNOWN_ROLE:
        return NotNow(str(error))
    return MayNot("refused", f"Discord says “{error.text}”", "look at my permissions and at the list of roles")
