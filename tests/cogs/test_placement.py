"""The placement quiz: offered at the start, left at any point, and never binding."""

import re

import pytest

from bot import ids
from db.engine import Database
from lessons.choosing import make_question
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.quizzing import CURRICULUM, LETTERS, on_the_card
from tests.runs import sql

ENOUGH = "That's enough, where do I start?"
FIND = "Find my starting point"


async def answers(person: Person, database: Database, card: object, *, right: bool) -> None:
    """One answer."""
    _, _, question = await on_the_card(database)
    place = question.right if right else (question.right + 1) % 3
    await person.presses(card, LETTERS[place])  # type: ignore[arg-type]


async def test_who_knows_nothing_yet_is_sent_to_the_beginning(alice: Person, database: Database) -> None:
    card = await alice.starts()
    assert FIND in buttons(card)
    await alice.presses(card, FIND)
    asked = 0
    while ENOUGH in buttons(card):
        await alice.presses(card, "I don't know")
        asked += 1
    assert asked <= 10
    assert "### Start at the beginning" in said(card)
    assert buttons(card) == ["Open the topic"]
    assert await sql(database, "select 1 from skill_states") == [], "a placement is no practice"


async def test_who_knows_everything_is_offered_a_late_topic_and_takes_it(alice: Person, database: Database) -> None:
    card = await alice.starts()
    await alice.presses(card, FIND)
    asked = 0
    while ENOUGH in buttons(card):
        await answers(alice, database, card, right=True)
        asked += 1
        if ENOUGH in buttons(card):
            assert "✅ Right. The next one:" in said(card)
    assert 3 <= asked <= 10
    (start,) = re.findall(r"### You could start at \S+ (.+)", said(card))
    topic = next(topic for topic in CURRICULUM.topics if topic.title == start)
    assert CURRICULUM.place(topic.id) >= 10
    assert f"{asked} of {asked} right." in said(card)
    await alice.presses(card, f"Start at {topic.short_title}")
    assert "That is your topic now" in said(card)
    opened = await alice.presses(card, "Open the topic")
    assert topic.title in said(opened)
    roadmap = await alice.says("roadmap")
    assert f"{CURRICULUM.place(topic.id) - 1} of 14 topics done" in said(roadmap)


async def test_the_proposal_can_be_declined(alice: Person, database: Database) -> None:
    card = await alice.starts()
    await alice.presses(card, FIND)
    for _ in range(4):
        await answers(alice, database, card, right=True)
    await alice.presses(card, ENOUGH)
    assert "These would count as known:" in said(card)
    await alice.presses(card, "Start at the beginning")
    assert CURRICULUM.topics[0].title in said(card)
    assert await sql(database, "select 1 from topic_progress where placed_at is not null") == []


async def test_it_goes_on_after_a_restart_with_the_same_question(alice: Person, chat: Chat, database: Database) -> None:
    card = await alice.starts()
    await alice.presses(card, FIND)
    await answers(alice, database, card, right=True)
    _, asked, question = await on_the_card(database)
    await chat.restart()
    again = await alice.starts()
    assert FIND not in buttons(again), "it is offered to newcomers"
    await answers(alice, database, card, right=False)
    assert "Noted. The next one:" in said(card)
    assert make_question(CURRICULUM, asked.ask) == question
    assert len(await sql(database, "select 1 from quizzes")) == 1


async def test_a_press_on_an_old_placement_card_counts_once(alice: Person, database: Database) -> None:
    card = await alice.starts()
    old = await alice.presses(card, FIND)
    await answers(alice, database, card, right=True)
    before = await sql(database, "select place, answered_at from quiz_questions order by place")
    await alice.presses(old, "A")
    assert (await sql(database, "select place, answered_at from quiz_questions order by place"))[0] == before[0]


@pytest.mark.parametrize("custom_id", [ids.PLACEMENT_END, ids.PLACEMENT_START])
async def test_nobody_else_can_press_it(
    chat: Chat, alice: Person, bob: Person, database: Database, custom_id: str
) -> None:
    await bob.starts()
    card = await alice.starts()
    await alice.presses(card, FIND)
    public = await bob.says("roadmap", share=True)
    custom_id = custom_id.format(quiz_id=1, topic_id="gan", user_id=alice.id)
    chat.relabel(public, "Current topic", "Mine", custom_id)
    assert "somebody else's" in sentence(await bob.presses(public, "Mine"))
    assert await sql(database, "select 1 from quizzes where ended_at is not null") == []
