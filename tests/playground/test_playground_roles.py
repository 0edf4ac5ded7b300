"""Roles: what a bot may do with them, what it is refused, and what the page shows of them."""

import discord
import pytest

from bot.playground import Playground, seed
from bot.playground.permissions import MEMBERS
from tests.playground.page_client import PageClient, open_page
from tests.playground.tiny_bot import TinyBot

AIKO = next(user.id for user in seed.USERS if user.username == "aiko")


def forbid(ground: Playground) -> None:
    """Take Manage Roles from the bot."""
    world = ground.world
    world.keep(world.role(seed.BOT_ROLE_ID).model_copy(update={"permissions": int(MEMBERS)}))


async def test_a_page_hears_who_gets_which_role_and_a_new_page_knows_it(
    ground: Playground, tiny: TinyBot, aiko: PageClient
) -> None:
    assert aiko.hello["roles"][str(seed.OWNER_ID)] == ["Organiser"]
    assert aiko.hello["roles"][str(AIKO)] == []
    guild = tiny.guilds[0]
    member = await guild.fetch_member(AIKO)
    for name in ("first", "second"):
        await member.add_roles(await guild.create_role(name=name))
    heard = await aiko.until("MEMBER_UPDATE", lambda data: len(data["roles"]) == 2)
    assert heard == {"user_id": str(AIKO), "roles": ["first", "second"]}, "each new role is made at the bottom"
    async with open_page(ground, "tomas") as other:
        assert other.hello["roles"][str(AIKO)] == ["first", "second"]


async def test_without_manage_roles_none_is_made_given_or_taken(ground: Playground, tiny: TinyBot) -> None:
    guild = tiny.guilds[0]
    role = await guild.create_role(name="phase")
    member = await guild.fetch_member(AIKO)
    await member.add_roles(role)
    forbid(ground)
    for refused in (guild.create_role(name="x"), member.add_roles(role), member.remove_roles(role), role.delete()):
        with pytest.raises(discord.Forbidden) as forbidden:
            await refused
        assert (forbidden.value.code, forbidden.value.text) == (50013, "Missing Permissions")
    assert role.id in ground.world.member(AIKO).roles


async def test_the_roles_of_a_member_who_has_left_cannot_be_changed(ground: Playground, tiny: TinyBot) -> None:
    guild = tiny.guilds[0]
    role = await guild.create_role(name="phase")
    member = await guild.fetch_member(AIKO)
    del ground.world.members[AIKO]
    with pytest.raises(discord.NotFound) as unknown:
        await member.add_roles(role)
    assert unknown.value.code == 10007


async def test_a_role_made_without_permissions_allows_nothing(ground: Playground, tiny: TinyBot) -> None:
    guild = tiny.guilds[0]
    role = await guild.create_role(name="🏃 Core Deep Learning", permissions=discord.Permissions.none())
    assert (await guild.fetch_role(role.id)).permissions == discord.Permissions.none()
    assert ground.world.role(role.id).name == "🏃 Core Deep Learning"
