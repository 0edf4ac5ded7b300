"""What a member gets from ``/quiz`` and ``/review``, and from the buttons of a question, however they press them."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from simcord.results import InteractionResult

from bot import ids
from bot.quiz_cards import digest_of
from db import skills
from db.engine import Database
from db.skills import known_skills
from lessons.known import KnownSkill
from lessons.mastery import Level, Mastery
from lessons.questions.generators import GENERATORS
from lessons.questions.model import Question
from lessons.reviews import Memory
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.quizzing import CURRICULUM, LETTERS, newest, on_the_card
from tests.runs import at, sql

FIRST = CURRICULUM.topics[0]
DONT_KNOW = "I don't know"


@pytest.fixture
async def alice(alice: Person) -> Person:
    """A member on their first day."""
    await alice.starts()
    return alice


async def answer(person: Person, card: InteractionResult, database: Database, *, right: bool) -> Question:
    """Press the right button, or a wrong one."""
    _, _, question = await on_the_card(database)
    place = question.right if right else (question.right + 1) % 3
    await person.presses(card, LETTERS[place])
    return question


async def play(person: Person, card: InteractionResult, database: Database, *, right: bool = True) -> None:
    """Answer a whole round."""
    while "How it went" not in buttons(card):
        if "Next question" in buttons(card):
            await person.presses(card, "Next question")
        await answer(person, card, database, right=right)
    await person.presses(card, "How it went")


async def knows(database: Database, person: Person, skill_ids: Sequence[str], **changes: object) -> None:
    """The member is proficient in these, and they are due."""
    memory = Memory(3.0, 5.0, at(-10 * 86400), at(-86400), 3)
    known = KnownSkill(Mastery(Level.PROFICIENT, (True,) * 3, at(-10 * 86400).date()), memory)
    async with database.transaction() as session:
        for skill_id in skill_ids:
            await skills.save_skill(session, person.id, skill_id, known)
    if changes:
        await sql(database, "update skill_states set reviewed = :reviewed", **changes)


async def levels(database: Database, person: Person) -> dict[str, Level]:
    async with database.session() as session:
        return {skill: known.mastery.level for skill, known in (await known_skills(session, person.id)).items()}


async def test_a_question_stands_alone_with_its_options_and_a_way_out(alice: Person, database: Database) -> None:
    card = await alice.says("quiz")
    quiz, _, question = await on_the_card(database)
    assert f"{FIRST.short_title} · question 1 of {len(quiz.questions)}" in said(card)
    assert question.stem in said(card)
    for letter, option in zip(LETTERS, question.options, strict=True):
        assert f"**{letter}** · {option.text}" in said(card)
    assert buttons(card) == ["A", "B", "C", DONT_KNOW]
    assert card.ephemeral
    assert question.solution not in said(card)


async def test_a_right_answer_says_so_and_shows_the_way_there(alice: Person, database: Database) -> None:
    card = await alice.says("quiz")
    question = await answer(alice, card, database, right=True)
    text = said(card)
    assert "**Right.**" in text
    assert question.solution in text
    assert f"✅ **{LETTERS[question.right]}**" in text
    assert "⚪ not tried → 🟠 attempted" in text
    assert f"📖 [{FIRST.readings[0].title}](<{FIRST.readings[0].url}>)" in text
    assert buttons(card) == ["Next question"]


async def test_a_wrong_answer_names_the_mistake_behind_it(alice: Person, database: Database) -> None:
    card = await alice.says("quiz")
    question = await answer(alice, card, database, right=False)
    chosen = question.options[(question.right + 1) % 3]
    text = said(card)
    assert "**Not quite.**" in text
    assert chosen.feedback in text
    assert question.solution in text
    assert f"✅ **{LETTERS[question.right]}** · {question.answer.text}" in text
    assert "*(your answer)*" in text


async def test_not_knowing_is_met_with_the_solution(alice: Person, database: Database) -> None:
    card = await alice.says("quiz")
    _, _, question = await on_the_card(database)
    await alice.presses(card, DONT_KNOW)
    assert "Good to know what you don't know yet" in said(card)
    assert question.solution in said(card)


async def test_two_good_rounds_pass_a_topic_without_a_project(alice: Person, database: Database) -> None:
    card = await alice.says("quiz")
    await play(alice, card, database)
    assert f"{FIRST.short_title}: 6 of 6 right" in said(card)
    while "Another round" in buttons(card):
        await alice.presses(card, "Another round")
        await play(alice, card, database)
    assert f"🎉 **{FIRST.title}** is passed" in said(card)
    moved = await alice.presses(card, "Next topic")
    assert f"✅ *{FIRST.title}* is behind you." in said(moved)
    assert CURRICULUM.topics[1].title in said(moved)


async def test_the_answer_that_passes_the_topic_says_so_at_once(alice: Person, database: Database) -> None:
    ids_ = [skill.id for skill in FIRST.skills]
    await knows(database, alice, ids_[:-1])
    await sql(database, "update skill_states set level = 2")
    reached = len(ids_) - 1
    needed = -(-len(ids_) * 4 // 5)
    await sql(
        database,
        "update skill_states set level = 1, recent = '1' where skill_id = any(:behind)",
        behind=ids_[needed - 1 : reached],
    )
    card = await alice.says("quiz")
    seen = ""
    while "How it went" not in buttons(card):
        if "Next question" in buttons(card):
            await alice.presses(card, "Next question")
        await answer(alice, card, database, right=True)
        seen += said(card)
    assert f"🎉 **{FIRST.title} is passed.** Next is *{CURRICULUM.topics[1].title}*" in seen


async def test_a_bad_round_passes_nothing_and_blames_nobody(alice: Person, database: Database) -> None:
    card = await alice.says("quiz")
    await play(alice, card, database, right=False)
    assert "0 of 6 right" in said(card)
    assert "Two right answers make a skill familiar." in said(card)
    assert set((await levels(database, alice)).values()) == {Level.ATTEMPTED}
    assert FIRST.title in said(await alice.says("next"))


async def test_a_round_goes_on_where_it_was_left_also_after_a_restart(
    alice: Person, chat: Chat, database: Database
) -> None:
    card = await alice.says("quiz")
    await answer(alice, card, database, right=True)
    await chat.restart()
    await alice.presses(card, "Next question")
    assert "question 2 of 6" in said(card)
    await chat.restart()
    await answer(alice, card, database, right=False)
    assert "Not quite" in said(card)
    again = await alice.says("quiz")
    assert "question 3 of 6" in said(again)
    assert len(await sql(database, "select id from quizzes")) == 1


async def test_a_second_press_changes_nothing(alice: Person, database: Database) -> None:
    first = await alice.says("quiz")
    second = await alice.says("quiz")
    question = await answer(alice, first, database, right=True)
    before = await sql(database, "select * from skill_states")
    await alice.presses(second, LETTERS[(question.right + 1) % 3])
    assert "**Right.**" in said(second), "the first answer stands"
    assert await sql(database, "select * from skill_states") == before


async def test_only_its_member_can_answer(alice: Person, bob: Person, chat: Chat, database: Database) -> None:
    await bob.starts()
    await alice.says("quiz")
    quiz, _, question = await on_the_card(database)
    digest = digest_of(question)
    for custom_id in (
        ids.QUIZ_ANSWER.format(quiz_id=quiz.id, place=1, digest=digest, choice=0),
        ids.QUIZ_TYPE.format(quiz_id=quiz.id, place=1, digest=digest),
        ids.QUIZ_GO.format(quiz_id=quiz.id),
    ):
        public = await bob.says("roadmap", share=True)
        chat.relabel(public, "Current topic", "A", custom_id)
        assert "somebody else's" in sentence(await bob.presses(public, "A"))
    assert await sql(database, "select answered_at from quiz_questions where answered_at is not null") == []


async def test_an_old_card_of_a_round_that_is_over_says_so(alice: Person, database: Database) -> None:
    old = await alice.says("quiz")
    await sql(database, "update quizzes set ended_at = now()")
    assert "That round is over" in sentence(await alice.presses(old, "A"))


async def test_a_question_whose_content_is_gone_does_not_count(alice: Person, database: Database) -> None:
    card = await alice.says("quiz")
    await sql(database, "update quiz_questions set item_id = 'gone-item' where place = 1")
    await alice.presses(card, "A")
    assert "taken out of the roadmap" in said(card)
    await alice.presses(card, "Go on")
    assert "question 2 of 6" in said(card)
    assert await levels(database, alice) == {}


async def test_a_question_that_was_reworded_is_asked_anew(alice: Person, chat: Chat, database: Database) -> None:
    card = await alice.says("quiz")
    quiz, _, question = await on_the_card(database)
    old = ids.QUIZ_ANSWER.format(quiz_id=quiz.id, place=1, digest="000000", choice=question.right)
    assert digest_of(question) != "000000"
    chat.relabel(card, LETTERS[question.right], "old", old)
    await alice.presses(card, "old")
    assert "has been reworded since" in said(card)
    assert buttons(card) == ["A", "B", "C", DONT_KNOW]
    assert await levels(database, alice) == {}


async def test_a_topic_ahead_is_not_asked_about_and_one_behind_is(alice: Person, database: Database) -> None:
    refused = await alice.says("quiz", topic="gan")
    assert "still ahead of you" in sentence(refused)
    assert f"You are at *{FIRST.title}*" in sentence(refused)
    unknown = await alice.says("quiz", topic="gna")
    assert "Did you mean `gan`?" in sentence(unknown)
    assert "question 1" in said(await alice.says("quiz", topic=FIRST.id))


async def test_who_has_not_started_is_told_how(bob: Person) -> None:
    for command in ("quiz", "review"):
        assert "Say `/start` first" in sentence(await bob.says(command))


async def test_review_asks_what_is_due_five_a_day_and_tells_no_backlog(alice: Person, database: Database) -> None:
    await knows(database, alice, list(GENERATORS)[:20])
    card = await alice.says("review")
    quiz = await newest(database)
    assert len(quiz.questions) == 5
    assert "question 1 of 5" in said(card)
    await play(alice, card, database)
    assert "Review: 5 of 5 right" in said(card)
    assert set((await levels(database, alice)).values()) == {Level.PROFICIENT, Level.MASTERED}
    done = await alice.says("review")
    assert "That is enough for one day" in said(done)
    assert not re.search(r"\b(15|20)\b", said(done))


async def test_next_says_when_something_is_due_and_not_how_much(alice: Person, database: Database) -> None:
    assert "/review" not in said(await alice.says("next"))
    await knows(database, alice, list(GENERATORS)[:20])
    assert "Some of what you learnt is about to fade: `/review`" in said(await alice.says("next"))
    await play(alice, await alice.says("review"), database)
    assert "/review" not in said(await alice.says("next")), "five were done today"


async def test_with_nothing_due_review_says_what_to_do_instead(alice: Person) -> None:
    assert "`/quiz` goes on with your topic" in said(await alice.says("review"))


async def test_a_skill_that_the_content_dropped_is_never_reviewed(alice: Person, database: Database) -> None:
    await knows(database, alice, ["a_skill_of_old"])
    assert "Nothing to review" in said(await alice.says("review"))
    assert await levels(database, alice) == {"a_skill_of_old": Level.PROFICIENT}


async def test_the_second_review_asks_for_the_number_itself(alice: Person, chat: Chat, database: Database) -> None:
    await knows(database, alice, ["conv_parameter_count"], reviewed=1)
    card = await alice.says("review")
    _, asked, question = await on_the_card(database)
    assert asked.ask.typed
    assert question.typed is not None
    assert buttons(card) == ["Type the number", DONT_KNOW]
    assert question.answer.text not in said(card)
    for nonsense in ("1e999", "NaN", "🤖", "many"):
        form = await alice.presses(card, "Type the number")
        refused = await alice.fills(form, **{field_name(form): nonsense})
        assert sentence(refused).endswith(".")
    assert await levels(database, alice) == {"conv_parameter_count": Level.PROFICIENT}
    form = await alice.presses(card, "Type the number")
    await chat.restart()
    await alice.fills(form, **{field_name(form): f"{question.typed.value:,.0f}"})
    answered = await newest(database)
    assert answered.questions[0].right
    assert (await levels(database, alice))["conv_parameter_count"] is Level.MASTERED


async def test_a_typed_number_that_is_wrong_is_shown_with_the_right_one(alice: Person, database: Database) -> None:
    await knows(database, alice, ["conv_parameter_count"], reviewed=1)
    card = await alice.says("review")
    _, _, question = await on_the_card(database)
    form = await alice.presses(card, "Type the number")
    shown = await alice.fills(form, **{field_name(form): "3"})
    text = said(shown) or said(card)
    assert "❌ You typed **3**." in text
    assert f"✅ The answer is {question.answer.text}" in text


def field_name(form: InteractionResult) -> str:
    assert form.modal is not None
    return str(form.modal["components"][0]["label"])


async def test_an_unfinished_round_is_let_go_after_a_week(alice: Person, database: Database) -> None:
    await alice.says("quiz")
    await sql(database, "update quizzes set started_at = :then", then=at(-timedelta(days=8).total_seconds()))
    await alice.says("quiz")
    assert len(await sql(database, "select id from quizzes")) == 2


async def test_answering_makes_the_day_an_active_one(alice: Person, database: Database) -> None:
    card = await alice.says("quiz")
    await answer(alice, card, database, right=False)
    assert len(await sql(database, "select day from active_days")) == 1


async def test_a_round_about_a_topic_that_was_left_behind_still_counts(alice: Person, database: Database) -> None:
    card = await alice.says("quiz")
    topic = await alice.says("next")
    await alice.presses(topic, "Open the next anyway")
    await alice.presses(topic, "Open it anyway")
    question = await answer(alice, card, database, right=True)
    assert question.solution in said(card)
    assert set((await levels(database, alice)).values()) == {Level.ATTEMPTED}
    assert f"## {CURRICULUM.topics[1].emoji} {CURRICULUM.topics[1].title}" in said(await alice.says("next"))
