"""Who finishes a phase gets its role in the server in which they did; an organiser who must help hears of it once."""

import asyncio
from datetime import UTC

import pytest

from bot.delivery import Delivery
from bot.phase_roles import MayNot, PhaseRoles, Role, choose_role
from bot.playground import seed
from bot.playground.models import Role as ServerRole
from bot.playground.models import User
from bot.playground.permissions import MEMBERS
from db.learning_tables import PhaseRole
from db.members import enrol, load_enrolment, stamp_topics
from db.phase_roles import post_phase_roles, remember_role
from db.skills import save_skill
from lessons.known import after_answer
from lessons.load import load_curriculum
from lessons.progress import Stamp
from tests.bot.town import AIKO, MARA, TOMAS, Town
from tests.openapi import assert_valid
from tests.runs import at, sql

CURRICULUM = load_curriculum()
CORE = "🏃 Core Deep Learning"


async def finish(town: Town, *phases: str, person: User = TOMAS, guild_id: int | None = seed.GUILD_ID) -> None:
    """Let a member be done with all topics of these phases, the last of them just now in that server."""
    stamps = [Stamp(topic.id, "done_at", at()) for phase in phases for topic in CURRICULUM.topics_in(phase)]
    async with town.database.transaction() as session:
        await enrol(
            session,
            user_id=person.id,
            display_name=person.display,
            pace="middle",
            time_zone="UTC",
            started_on=at().date(),
        )
        await stamp_topics(session, person.id, stamps)
        after = await load_enrolment(session, person.id)
        assert after is not None
        await post_phase_roles(session, CURRICULUM, after, user_id=person.id, guild_id=guild_id)


async def deliver(*deliveries: Delivery) -> None:
    """Until nothing is due."""
    while any(await asyncio.gather(*(each.deliver_due() for each in deliveries))):
        pass


def roles_of(town: Town, person: User = TOMAS) -> list[str]:
    """The names of the roles that a member has."""
    world = town.ground.world
    return [world.role(role).name for role in world.member(person.id).roles]


def server_roles(town: Town) -> list[str]:
    return sorted(role.name for role in town.ground.world.roles.values())


def bot_role(town: Town) -> ServerRole:
    return town.ground.world.role(seed.BOT_ROLE_ID)


def forbid(town: Town) -> None:
    """Take Manage Roles from the bot."""
    town.ground.world.keep(bot_role(town).model_copy(update={"permissions": int(MEMBERS)}))


async def test_a_finished_phase_gives_its_role_which_allows_nothing(town: Town) -> None:
    await finish(town, "core")
    await deliver(Delivery(await town.log_in()))
    assert roles_of(town) == [CORE]
    (made,) = [role for role in town.ground.world.roles.values() if role.name == CORE]
    assert (made.permissions, made.mentionable, made.hoist) == (0, False, False)
    assert [row[1:4] for row in await town.outbox()] == [(1, True, False)]
    assert town.whispered(MARA.id) == []


async def test_the_run_that_finishes_a_phase_gives_its_role_beside_its_result(town: Town) -> None:
    cnn = CURRICULUM.topic("cnn")
    others = [topic.id for topic in CURRICULUM.topics_in("core") if topic.id != cnn.id]
    await town.ask()  # with which Tomás is a member
    async with town.database.transaction() as session:
        await stamp_topics(session, TOMAS.id, [Stamp(topic, "done_at", at()) for topic in others])
        for skill in cnn.skills:
            known = None
            for second in (-2, -1):
                known = after_answer(known, right=True, now=at(second), zone=UTC, in_review=False)
                await save_skill(session, TOMAS.id, skill.id, known)
    await town.train()
    await deliver(Delivery(await town.log_in()))
    assert roles_of(town) == [CORE]
    assert len(town.posted()) == 1


async def test_all_that_the_bot_asks_for_with_roles_is_as_discord_describes_it(town: Town) -> None:
    await finish(town, "core")
    await deliver(Delivery(await town.log_in()))
    assert_valid(iter(town.ground.world.exchanges))


async def test_two_who_finish_at_once_share_one_role(town: Town) -> None:
    await finish(town, "core", person=TOMAS)
    await finish(town, "core", person=AIKO)
    await deliver(Delivery(await town.log_in()), Delivery(await town.log_in()))
    assert roles_of(town, TOMAS) == roles_of(town, AIKO) == [CORE]
    assert server_roles(town).count(CORE) == 1


async def test_of_two_roles_made_by_two_processes_at_once_one_stays(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await town.log_in(), await town.log_in()
    create = first.http.create_role
    both = asyncio.Barrier(2)

    async def together(*args: object, **fields: object) -> object:
        await both.wait()
        return await create(*args, **fields)  # type: ignore[arg-type]

    for bot in (first, second):
        monkeypatch.setattr(bot.http, "create_role", together)
    await asyncio.gather(
        PhaseRoles(first).give(seed.GUILD_ID, TOMAS.id, "core"),
        PhaseRoles(second).give(seed.GUILD_ID, AIKO.id, "core"),
    )
    assert roles_of(town, TOMAS) == roles_of(town, AIKO) == [CORE]
    assert server_roles(town).count(CORE) == 1


async def test_a_role_that_has_the_name_already_is_used(town: Town) -> None:
    world = town.ground.world
    world.keep(bot_role(town).model_copy(update={"position": 5}))
    kept = ServerRole(id=world.ids.next(), name=CORE, permissions=0, position=1, color=0x123456)
    world.keep(kept)
    await finish(town, "core")
    await deliver(Delivery(await town.log_in()))
    assert world.member(TOMAS.id).roles == (kept.id,)


async def test_a_role_that_was_renamed_stays_the_role_of_its_phase(town: Town) -> None:
    delivery = Delivery(await town.log_in())
    await finish(town, "core")
    await deliver(delivery)
    world = town.ground.world
    (made,) = world.member(TOMAS.id).roles
    world.keep(world.role(made).model_copy(update={"name": "Halfway there"}))
    await finish(town, "core", person=AIKO)
    await deliver(delivery)
    assert roles_of(town, AIKO) == ["Halfway there"]


async def test_a_role_that_was_deleted_is_made_anew(town: Town) -> None:
    async with town.database.transaction() as session:
        await remember_role(session, seed.GUILD_ID, "core", 12345, instead_of=None)
    await finish(town, "core")
    await deliver(Delivery(await town.log_in()))
    assert roles_of(town) == [CORE]
    ((known,),) = await sql(town.database, f"select role_id from {PhaseRole.__tablename__}")  # noqa: S608
    assert known in town.ground.world.member(TOMAS.id).roles


async def test_without_the_permission_the_organiser_hears_why_once_and_the_roles_come_when_it_is_there(
    town: Town,
) -> None:
    forbid(town)
    await finish(town, "foundations", "core")
    await finish(town, "core", person=AIKO)
    delivery = Delivery(await town.log_in())
    await deliver(delivery)
    assert roles_of(town) == []
    (told,) = town.whispered(MARA.id)
    assert seed.GUILD_NAME in told
    assert "**Manage Roles**" in told
    assert "give my role that permission" in told
    await town.make_due()
    await deliver(delivery)
    assert len(town.whispered(MARA.id)) == 1
    town.ground.world.keep(bot_role(town).model_copy(update={"permissions": 1 << 28}))
    await town.make_due()
    await deliver(delivery)
    assert sorted(roles_of(town)) == [CORE, "🚶 Foundations of Deep Learning"]
    assert roles_of(town, AIKO) == [CORE]


async def test_a_role_that_was_given_up_is_tried_again_with_the_next_topic(town: Town) -> None:
    forbid(town)
    await finish(town, "core")
    await sql(town.database, "update outbox set attempts = 29")
    delivery = Delivery(await town.log_in())
    await deliver(delivery)
    assert (await town.outbox())[0][3] is True
    town.ground.world.keep(bot_role(town).model_copy(update={"permissions": 1 << 28}))
    await finish(town, "core")
    await deliver(delivery)
    assert roles_of(town) == [CORE]
    await finish(town, "core")
    assert (await town.outbox())[0][1:4] == (1, True, False), "and once given it is not given again"


async def test_a_role_above_the_bots_own_is_left_alone_and_the_organiser_hears_why(town: Town) -> None:
    world = town.ground.world
    world.keep(ServerRole(id=world.ids.next(), name=CORE, permissions=0, position=9))
    await finish(town, "core")
    await deliver(Delivery(await town.log_in()))
    assert roles_of(town) == []
    (told,) = town.whispered(MARA.id)
    assert f"**{CORE}** stands above mine" in told
    assert "drag my role above it" in told


async def test_what_discord_refuses_for_a_reason_of_its_own_is_told_in_its_words(town: Town) -> None:
    town.ground.world.faults.fail("POST /guilds/{guild_id}/roles", 400)
    await finish(town, "core")
    await deliver(Delivery(await town.log_in()))
    (told,) = town.whispered(MARA.id)
    assert "The playground was told to fail”. To change that, look at my permissions" in told


async def test_when_discord_fails_the_role_comes_a_little_later(town: Town) -> None:
    town.ground.world.faults.fail("PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}", 500, times=5)
    await finish(town, "core")
    delivery = Delivery(await town.log_in())
    await deliver(delivery)
    assert roles_of(town) == []
    await town.make_due()
    await deliver(delivery)
    assert roles_of(town) == [CORE]
    assert town.whispered(MARA.id) == []


@pytest.mark.parametrize("guild_id", [seed.GUILD_ID, 4321])
async def test_who_has_left_and_a_server_that_is_gone_are_given_up_in_silence(town: Town, guild_id: int) -> None:
    world = town.ground.world
    await finish(town, "core", guild_id=guild_id)
    del world.members[TOMAS.id]
    await deliver(Delivery(await town.log_in()))
    assert [row[1:4] for row in await town.outbox()] == [(1, False, True)]
    assert town.whispered(MARA.id) == []
    assert town.whispered(TOMAS.id) == []


async def test_a_phase_that_the_roadmap_no_longer_has_gives_nothing(town: Town) -> None:
    await finish(town, "core")
    await sql(town.database, """update outbox set payload = payload || '{"phase_id": "gone"}'""")
    await deliver(Delivery(await town.log_in()))
    assert roles_of(town) == []
    assert [row[1:4] for row in await town.outbox()] == [(1, False, True)]


async def test_each_role_is_owed_once_a_server_and_a_phase_finished_in_a_dm_is_made_up_for(town: Town) -> None:
    await finish(town, "foundations", guild_id=None)
    assert await town.outbox() == []
    await finish(town, "foundations", "core")
    await finish(town, "foundations", "core")
    keys = [row[0] for row in await town.outbox()]
    assert keys == [f"phase_role:{seed.GUILD_ID}:{TOMAS.id}:{phase}" for phase in ("foundations", "core")]


def role(number: int, name: str, position: int, permissions: int = 0, *, managed: bool = False) -> Role:
    raw = {
        "id": str(number),
        "name": name,
        "permissions": str(permissions),
        "position": position,
        "managed": managed,
    }
    return Role.read(raw)


EVERYONE = role(1, "@everyone", 0)
BOT = role(2, "Waypoint", 3, 1 << 28, managed=True)


def test_of_several_roles_with_the_name_the_highest_is_chosen_and_one_of_an_integration_never_is() -> None:
    low, high, theirs = role(3, CORE, 1), role(4, CORE, 2), role(5, CORE, 1, managed=True)
    assert choose_role([EVERYONE, BOT, low, high, theirs], {1, 2}, None, CORE) == high
    assert choose_role([EVERYONE, BOT, theirs], {1, 2}, None, CORE) is None


def test_at_one_position_the_older_role_is_the_higher_one() -> None:
    assert choose_role([EVERYONE, BOT, role(3, CORE, 3)], {1, 2}, None, CORE) == role(3, CORE, 3)
    above = choose_role([EVERYONE, role(9, "Waypoint", 3, 1 << 28), role(3, CORE, 3)], {1, 9}, None, CORE)
    assert isinstance(above, MayNot)
    assert above.reason == "place"


def test_an_administrator_may_whatever_else_it_has_been_given() -> None:
    assert choose_role([EVERYONE, role(2, "Waypoint", 3, 1 << 3)], {1, 2}, None, CORE) is None
