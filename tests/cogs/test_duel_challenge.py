"""Who can challenge whom to a duel, about what, and what becomes of a challenge."""

from datetime import timedelta

import pytest

from db.engine import Database
from lessons.duels import DuelState
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.cogs.duelling import FIRST, SECOND, answer, begun, later, newest, standing
from tests.runs import sql


@pytest.fixture
async def alice(alice: Person) -> Person:
    """A member on their first day."""
    await alice.starts()
    return alice


@pytest.fixture
async def bob(bob: Person) -> Person:
    """Another one."""
    await bob.starts()
    return bob


async def test_a_challenge_stands_in_public_and_tells_the_rival(alice: Person, bob: Person) -> None:
    card = await alice.says("duel", member=bob.user)
    assert not card.ephemeral
    assert "Alice challenges Bob" in said(card)
    assert f"five questions about **{FIRST.emoji} {FIRST.short_title}**" in said(card)
    assert f"<@{bob.id}>" in said(card)
    assert buttons(card) == ["Accept", "No thanks", "Withdraw"]


async def test_a_challenge_can_be_declined_or_withdrawn(alice: Person, bob: Person) -> None:
    card = await alice.says("duel", member=bob.user)
    await bob.presses(card, "No thanks")
    assert "Bob would rather not right now." in said(card)
    assert buttons(card) == []
    card = await alice.says("duel", member=bob.user)
    await alice.presses(card, "Withdraw")
    assert "Alice has withdrawn the challenge to Bob." in said(card)


async def test_a_challenge_of_yesterday_has_lapsed(alice: Person, bob: Person, database: Database) -> None:
    card = await alice.says("duel", member=bob.user)
    await later(database, timedelta(hours=24))
    await bob.presses(card, "Accept")
    assert "stood for a day" in said(card)
    assert (await newest(database)).state is DuelState.LAPSED


async def test_a_second_challenge_shows_the_open_duel_again(alice: Person, bob: Person, database: Database) -> None:
    card = await begun(alice, bob)
    again = await bob.says("duel", member=alice.user)
    assert "You two have this one open already." in said(again)
    assert (await standing(database)).stem in said(again)
    assert len(await sql(database, "select id from duels")) == 1
    await answer(alice, again, database, right=True)
    await bob.presses(card, "A")
    assert "Alice had it after" in said(card), "the older card catches up when it is pressed"


async def test_a_duel_that_was_left_alone_makes_room_for_a_new_one(
    alice: Person, bob: Person, database: Database
) -> None:
    old = await begun(alice, bob)
    await later(database, timedelta(hours=25))
    card = await alice.says("duel", member=bob.user)
    assert "Alice challenges Bob" in said(card)
    await alice.presses(old, "A")
    assert "stood for a day" in said(old)
    assert len(await sql(database, "select id from duels where ended_at is null")) == 1


async def test_a_rematch_is_a_challenge_by_who_presses_and_leaves_the_result(
    alice: Person, bob: Person, mara: Person, database: Database
) -> None:
    card = await begun(alice, bob)
    await sql(database, "update duels set state = 'over', place = 5, ended_at = now()")
    await alice.presses(card, "A")
    assert "This duel is between" in sentence(await mara.presses(card, "Rematch"))
    rematch = await bob.presses(card, "Rematch")
    assert "Bob challenges Alice" in said(rematch)
    assert f"<@{alice.id}>" in said(rematch)
    assert "Rematch" in buttons(card)
    again = await alice.presses(card, "Rematch")
    assert "You two have this one open already." in said(again)
    await alice.presses(rematch, "Accept")
    assert "question 1 of 5" in said(rematch)
    first, second = [
        await sql(database, "select item_id, seed from duel_questions where duel_id = :id", id=number)
        for (number,) in await sql(database, "select id from duels order by id")
    ]
    assert first != second


async def stands_at(database: Database, person: Person, topic_id: str) -> None:
    """The member has come to that topic."""
    await sql(
        database,
        "insert into topic_progress (user_id, topic_id, opened_at) values (:user, :topic, now())",
        user=person.id,
        topic=topic_id,
    )


async def test_a_duel_is_about_the_latest_topic_that_both_have_reached(
    alice: Person, bob: Person, database: Database
) -> None:
    await stands_at(database, alice, SECOND.id)
    card = await alice.says("duel", member=bob.user)
    assert FIRST.short_title in said(card)
    await alice.presses(card, "Withdraw")
    refused = await alice.says("duel", member=bob.user, topic=SECOND.id)
    assert f"*{SECOND.title}* is still ahead of Bob." in sentence(refused)
    refused = await bob.says("duel", member=alice.user, topic=SECOND.id)
    assert f"*{SECOND.title}* is still ahead of you." in sentence(refused)
    await stands_at(database, bob, SECOND.id)
    card = await alice.says("duel", member=bob.user)
    assert SECOND.short_title in said(card)
    await alice.presses(card, "Withdraw")
    assert FIRST.short_title in said(await alice.says("duel", member=bob.user, topic=FIRST.id))


async def test_the_topics_offered_are_those_of_both(alice: Person, bob: Person, database: Database) -> None:
    await stands_at(database, alice, SECOND.id)
    offered = await alice.member.autocomplete(alice.channel, "duel", "topic", "", member=bob.user)
    assert [choice["value"] for choice in offered] == [FIRST.id]
    await stands_at(database, bob, SECOND.id)
    offered = await alice.member.autocomplete(alice.channel, "duel", "topic", "", member=bob.user)
    assert [choice["value"] for choice in offered] == [SECOND.id, FIRST.id]


async def test_whom_one_cannot_challenge(alice: Person, bob: Person, mara: Person, chat: Chat) -> None:
    assert "Against yourself" in sentence(await alice.says("duel", member=alice.user))
    assert "Mara has not said `/start` yet." in sentence(await alice.says("duel", member=mara.user))
    assert "Say `/start` first" in sentence(await mara.says("duel", member=alice.user))
    robot = chat.env.create_user("robot", bot=True)
    chat.guild.add_member(robot)
    assert "is a bot" in sentence(await alice.says("duel", member=robot))
    assert "needs an audience" in said(await alice.whispers("duel", member=bob.user))
