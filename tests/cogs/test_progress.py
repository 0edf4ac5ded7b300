"""``/progress``: what a member sees of themselves, and what others see."""

import re

import pytest

from db.engine import Database
from lessons.load import load_curriculum
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.cogs.test_quiz import answer
from tests.quizzing import make_familiar
from tests.runs import finish, sql

CURRICULUM = load_curriculum()


@pytest.fixture
async def alice(alice: Person) -> Person:
    """A member on their first day."""
    await alice.starts()
    return alice


async def test_a_newcomer_sees_where_everything_will_stand(alice: Person) -> None:
    card = await alice.says("progress")
    text = said(card)
    assert "Alice's progress" in text
    assert "0 of 14 topics passed · 0 skills familiar or better, 0 mastered" in text
    assert "A week counts from the first thing you do in it" in text
    assert "No reviews this week." in text
    assert "`/run cnn` takes seconds" in text
    first = CURRICULUM.topics[0]
    assert f"📍 **{first.short_title}** · 0 of 4 · you are here, due" in text
    assert f"⚪ not tried: {first.skills[0].title}" in text
    assert card.ephemeral


async def test_skills_runs_reviews_and_the_streak_are_told(alice: Person, database: Database) -> None:
    await make_familiar(database, alice.id, "cnn")
    await answer(alice, await alice.says("quiz"), database, right=True)
    await alice.says("run cnn")
    await finish(database, 1)
    text = said(await alice.says("progress"))
    assert "4 skills familiar or better" in text
    assert "🔥 **1 week** in a row, this one among them · 2 freezes left" in text
    assert "🏃 1 finished run" in text
    assert "Best: Recognise handwritten digits **97.50 %**" in text
    assert "🟠 attempted:" in text
    assert "🔁 Reviews ahead: " in text
    assert re.search(r"Reviews ahead: (\w+ \d, )*\w+ \d · `/review`", text)


async def test_another_phase_is_one_choice_away(alice: Person, database: Database) -> None:
    await make_familiar(database, alice.id, "cnn")
    card = await alice.says("progress")
    assert "CNNs" not in said(card)
    await alice.chooses(card, "core")
    assert "**CNNs** · 4 of 4" in said(card)
    assert f"🟡 familiar: {CURRICULUM.topic('cnn').skills[0].title}" in said(card)


@pytest.mark.parametrize("phase", [phase.id for phase in CURRICULUM.phases])
async def test_every_phase_fits_a_card(alice: Person, database: Database, phase: str) -> None:
    for topic in CURRICULUM.topics:
        await make_familiar(database, alice.id, topic.id)
    card = await alice.says("progress")
    await alice.chooses(card, phase)
    assert len(said(card)) < 4000


async def test_others_see_it_only_if_its_member_allows_it(alice: Person, bob: Person) -> None:
    refused = sentence(await bob.says("progress", member=alice.user))
    assert refused == "Alice keeps their progress to themselves. They can change that in their `/progress`."
    own = await alice.says("progress")
    await alice.presses(own, "Let others see this")
    assert "Keep it to me" in buttons(own)
    seen = await bob.says("progress", member=alice.user)
    assert "Alice's progress" in said(seen)
    assert "Reviews" not in said(seen), "what is due is nobody else's business"
    assert buttons(seen) == []
    await alice.presses(own, "Keep it to me")
    assert "keeps their progress" in sentence(await bob.says("progress", member=alice.user))


async def test_who_sees_anothers_card_loses_it_when_they_stop_sharing(alice: Person, bob: Person) -> None:
    own = await alice.says("progress")
    await alice.presses(own, "Let others see this")
    seen = await bob.says("progress", member=alice.user)
    await alice.presses(own, "Keep it to me")
    assert "keeps their progress" in sentence(await bob.chooses(seen, "core"))


async def test_who_has_not_started_is_told_so(alice: Person, bob: Person) -> None:
    assert "Say `/start` first" in sentence(await bob.says("progress"))
    assert sentence(await alice.says("progress", member=bob.user)) == "They have not started the roadmap yet."


async def test_the_quiz_is_one_press_away(alice: Person, chat: Chat, database: Database) -> None:
    card = await alice.says("progress")
    await chat.restart()
    await alice.presses(card, "Quiz me")
    assert "question 1 of 6" in said(card)
    assert len(await sql(database, "select 1 from quizzes")) == 1
