"""``/commit`` as members and their buddies meet it."""

from datetime import UTC, datetime, timedelta

import pytest

from db.engine import Database
from lessons.load import load_curriculum
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.cogs.test_quiz import answer
from tests.quizzing import make_familiar
from tests.runs import sql

CURRICULUM = load_curriculum()


@pytest.fixture
async def alice(alice: Person) -> Person:
    """A member on their first day."""
    await alice.starts()
    return alice


async def test_a_date_of_ones_own_for_the_current_topic(alice: Person) -> None:
    card = await alice.says("commit", date="in 10 days")
    assert "🎯 Alice: 🐍 Python & math by" in said(card)
    assert "10 days from now" in said(card)
    assert buttons(card) == ["Withdraw"]
    assert card.ephemeral
    moved = await alice.says("commit", date="tomorrow")
    assert "That is tomorrow" in said(moved)
    await alice.presses(moved, "Withdraw")
    assert "is withdrawn." in said(moved)


async def test_what_cannot_be_promised_is_refused_in_a_sentence(alice: Person, bob: Person, database: Database) -> None:
    for date, words in (("5/12", "America"), ("2020-01-01", "over"), ("🤖", "can't read"), ("9" * 4000, "longer")):
        assert words in sentence(await alice.says("commit", date=date))
    assert "somebody else" in sentence(await alice.says("commit", date="friday", buddy=alice.member))
    assert "There is no topic" in sentence(await alice.says("commit", date="friday", topic="chess"))
    assert "Say `/start` first" in sentence(await bob.says("commit", date="friday"))
    assert await sql(database, "select 1 from commitments") == []


async def test_a_buddy_is_asked_in_public_and_only_they_can_answer(
    alice: Person, bob: Person, mara: Person, chat: Chat, database: Database
) -> None:
    card = await alice.says("commit", date="friday", topic="cnn", buddy=bob.member)
    assert not card.ephemeral
    assert f"<@{bob.id}>, will you stand by Alice?" in said(card)
    assert "Somebody else is asked here" in sentence(await mara.presses(card, "I'm in"))
    await chat.restart()
    await bob.presses(card, "I'm in")
    assert "🤝 Bob stands by." in said(card)
    assert buttons(card) == ["Withdraw"]
    assert sentence(await bob.presses(card, "Withdraw")) == "That button is somebody else's."
    assert await sql(database, "select buddy_state from commitments") == [("accepted",)]


async def test_who_says_no_is_left_alone(alice: Person, bob: Person, database: Database) -> None:
    card = await alice.says("commit", date="friday", buddy=bob.member)
    await bob.presses(card, "No thanks")
    assert "Nobody stands by, which is fine too." in said(card)
    assert await sql(database, "select 1 from outbox") == []


async def test_nobody_is_asked_twice_and_who_said_no_least_of_all(
    alice: Person, bob: Person, chat: Chat, database: Database
) -> None:
    carol = chat.person("Carol")
    card = await alice.says("commit", date="friday", buddy=bob.member)
    again = await alice.says("commit", date="in 10 days", buddy=bob.member)
    assert again.ephemeral, "the date moves, and Bob is not called a second time"
    await bob.presses(card, "No thanks")
    before = await sql(database, "select * from commitments")
    for _ in range(2):
        refused = sentence(await alice.says("commit", date="tomorrow", buddy=bob.member))
        assert refused == "Bob has said no to this one. Ask somebody else, or leave `buddy:` out."
        assert await sql(database, "select * from commitments") == before
    other = await alice.says("commit", date="friday", buddy=carol.member)
    assert f"<@{carol.id}>, will you stand by" in said(other)
    assert "has said no" in sentence(await alice.says("commit", date="friday", buddy=bob.member)), (
        "Carol changes nothing"
    )
    await alice.presses(other, "Withdraw")
    assert "has said no" in sentence(await alice.says("commit", date="friday", buddy=bob.member))


async def test_passing_the_topic_keeps_the_date_and_says_so(alice: Person, bob: Person, database: Database) -> None:
    card = await alice.says("commit", date="in 3 days", buddy=bob.member)
    await bob.presses(card, "I'm in")
    await make_familiar(database, alice.id, "python-math")
    last = CURRICULUM.topics[0].skills[-1].id
    await sql(database, "update skill_states set level = 1, recent = '1' where skill_id = :id", id=last)
    quiz = await alice.says("quiz")
    await answer(alice, quiz, database, right=True)
    assert "is passed.**" in said(quiz)
    assert "🎯 Done 3 days before your own date. Bob hears of it." in said(quiz)
    assert len(await sql(database, "select 1 from outbox where user_id = :bob", bob=bob.id)) == 1
    await alice.presses(card, "Withdraw")
    assert "is done." in said(card), "an old card tells what became of it"


async def test_a_passed_topic_needs_no_date(alice: Person, database: Database) -> None:
    await make_familiar(database, alice.id, "python-math")
    await alice.says("next")
    assert "is passed already" in sentence(await alice.says("commit", date="friday", topic="python-math"))


async def test_in_a_dm_there_is_nobody_to_ask(alice: Person, bob: Person) -> None:
    assert "10 days from now" in said(await alice.whispers("commit", date="in 10 days"))


async def test_dates_are_offered_while_typing(alice: Person) -> None:
    offered = await alice.member.autocomplete(alice.channel, "commit", "date", "")
    assert len(offered) >= 4
    assert any("as the plan has it" in choice["name"] for choice in offered)
    today = datetime.now(UTC).date()
    assert all(str(choice["value"]) >= (today - timedelta(days=1)).isoformat() for choice in offered)
    (one,) = await alice.member.autocomplete(alice.channel, "commit", "date", "in 10 days")
    assert one["value"][:2] == "20"
    assert await alice.member.autocomplete(alice.channel, "commit", "date", "5/1") == []
    topics = await alice.member.autocomplete(alice.channel, "commit", "topic", "cn")
    assert [choice["value"] for choice in topics] == ["cnn"]
