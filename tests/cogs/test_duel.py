"""What two members get from playing a duel, what the others see, and what no press can break."""

from datetime import timedelta

import pytest

from bot import ids
from bot.quiz_cards import digest_of
from db.engine import Database
from lessons.duel_questions import QUESTIONS
from lessons.duels import DuelState
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.cogs.duelling import LETTERS, answer, begun, later, newest, standing
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


async def test_accepting_puts_the_first_question_in_the_place_of_the_challenge(
    alice: Person, bob: Person, database: Database
) -> None:
    card = await begun(alice, bob)
    question = await standing(database)
    assert question.stem in said(card)
    assert f"question 1 of {QUESTIONS}" in said(card)
    assert "Alice **0 : 0** Bob" in said(card)
    assert buttons(card) == ["A", "B", "C", "Skip"]
    assert question.solution not in said(card)


async def test_a_whole_duel_ends_in_one_card_with_who_scored_what(
    alice: Person, bob: Person, database: Database
) -> None:
    card = await begun(alice, bob)
    question = await standing(database)
    for place in range(1, QUESTIONS + 1):
        question = await standing(database)
        await answer(bob if place == 2 else alice, card, database, right=True)
        if place < QUESTIONS:
            assert f"{'Bob' if place == 2 else 'Alice'} had it after" in said(card)
            assert question.solution in said(card)
            assert buttons(card) == ["Next question"]
            await (alice if place % 2 else bob).presses(card, "Next question")
    text = said(card)
    assert "Alice beats Bob, 4 : 1" in text
    assert "2. **Bob**, 0." in text
    assert all(f"{place}. **Alice**, 0." in text for place in (1, 3, 4, 5))
    assert "Well played, both" in text
    assert question.solution in text
    assert buttons(card) == ["Rematch", "Practise alone"]
    assert (await newest(database)).state is DuelState.OVER


async def test_a_wrong_answer_waits_and_tells_nobody_anything(alice: Person, bob: Person, database: Database) -> None:
    card = await begun(alice, bob)
    before = said(card)
    noted = await answer(alice, card, database, right=False)
    assert "Noted: " in said(noted)
    assert "Waiting for Bob." in said(noted)
    assert noted.ephemeral
    assert said(card) == before, "the channel learns nothing yet"
    await answer(bob, card, database, right=True)
    assert "Bob had it after" in said(card)
    assert "*(Alice)*" in said(card)
    assert "Alice **0 : 1** Bob" in said(card)


async def test_two_wrong_answers_end_a_question_with_its_solution(
    alice: Person, bob: Person, database: Database
) -> None:
    card = await begun(alice, bob)
    await answer(alice, card, database, right=False)
    await answer(bob, card, database, right=False)
    assert "That one fooled you both." in said(card)
    assert "*(Alice, Bob)*" in said(card)
    assert (await standing(database)).solution in said(card)


async def test_an_answer_cannot_be_changed(alice: Person, bob: Person, database: Database) -> None:
    card = await begun(alice, bob)
    await answer(alice, card, database, right=False)
    again = await answer(alice, card, database, right=True)
    assert "already. Waiting for Bob." in said(again)
    assert await sql(database, 'select "right" from duel_answers') == [(False,)]


async def test_who_comes_second_with_it_hears_that_the_other_was_faster(
    alice: Person, bob: Person, database: Database
) -> None:
    card = await begun(alice, bob)
    on_bobs_screen = await alice.says("duel", member=bob.user)  # still without what Alice does
    await answer(alice, card, database, right=True)
    late = await answer(bob, on_bobs_screen, database, right=True)
    assert "Alice was faster, by " in said(late.followups[0])
    assert late.followups[0].ephemeral
    assert "Alice had it after" in said(on_bobs_screen)
    duel = await newest(database)
    assert (duel.points(duel.challenger), duel.points(duel.rival)) == (1, 0)


async def test_both_may_press_next_and_no_question_is_lost(alice: Person, bob: Person, database: Database) -> None:
    card = await begun(alice, bob)
    await answer(alice, card, database, right=True)
    on_bobs_screen = await alice.says("duel", member=bob.user)
    await alice.presses(card, "Next question")
    await bob.presses(on_bobs_screen, "Next question")
    for shown in (card, on_bobs_screen):
        assert f"question 2 of {QUESTIONS}" in said(shown)


async def test_the_others_watch(alice: Person, bob: Person, mara: Person, database: Database) -> None:
    card = await alice.says("duel", member=bob.user)
    for label in ("Accept", "No thanks"):
        assert "Only Bob can press that." in sentence(await mara.presses(card, label))
        assert "Only Bob can press that." in sentence(await alice.presses(card, label))
    assert "Only Alice can press that." in sentence(await bob.presses(card, "Withdraw"))
    await bob.presses(card, "Accept")
    for label in ("A", "Skip"):
        assert "This duel is between Alice and Bob." in sentence(await mara.presses(card, label))
    await answer(alice, card, database, right=True)
    assert "This duel is between Alice and Bob." in sentence(await mara.presses(card, "Next question"))


async def test_a_question_that_nobody_answers_is_skipped_after_a_minute(
    alice: Person, bob: Person, database: Database
) -> None:
    card = await begun(alice, bob)
    assert "A minute is everybody's to think." in sentence(await alice.presses(card, "Skip"))
    await later(database, timedelta(seconds=61))
    await alice.presses(card, "Skip")
    assert "Skipped." in said(card)
    await bob.presses(card, "Next question")
    assert "question 2 of 5" in said(card)


async def test_who_is_waited_for_can_pass_at_once(alice: Person, bob: Person, database: Database) -> None:
    card = await begun(alice, bob)
    await answer(alice, card, database, right=False)
    await bob.presses(card, "Skip")
    assert "Skipped." in said(card)


async def test_five_skipped_questions_end_in_a_draw(alice: Person, bob: Person, database: Database) -> None:
    card = await begun(alice, bob)
    for place in range(1, QUESTIONS + 1):
        await later(database, timedelta(seconds=61))
        await alice.presses(card, "Skip")
        if place < QUESTIONS:
            await bob.presses(card, "Next question")
    assert "Alice and Bob draw, 0 : 0" in said(card)
    assert said(card).count("nobody") == QUESTIONS


async def test_a_duel_goes_on_in_another_process_at_any_point(
    alice: Person, bob: Person, chat: Chat, database: Database
) -> None:
    card = await alice.says("duel", member=bob.user)
    await chat.restart()
    await bob.presses(card, "Accept")
    for place in range(1, QUESTIONS + 1):
        await chat.restart()
        await answer(alice, card, database, right=False)
        await chat.restart()
        await answer(bob, card, database, right=True)
        if place < QUESTIONS:
            await chat.restart()
            await alice.presses(card, "Next question")
    assert "Bob beats Alice, 5 : 0" in said(card)
    await chat.restart()
    assert "Alice challenges Bob" in said(await alice.presses(card, "Rematch"))


async def test_a_card_that_was_not_edited_before_a_crash_catches_up(
    alice: Person, bob: Person, database: Database
) -> None:
    card = await begun(alice, bob)
    duel = await newest(database)
    await sql(
        database,
        'insert into duel_answers (duel_id, place, user_id, chosen, "right", answered_at) '
        "values (:duel, 1, :user, :chosen, true, now())",
        duel=duel.id,
        user=alice.id,
        chosen=(await standing(database)).right,
    )
    await bob.presses(card, "B")
    assert "Alice had it after" in said(card)
    assert buttons(card) == ["Next question"]


async def test_a_question_that_was_reworded_is_asked_anew(
    alice: Person, bob: Person, chat: Chat, database: Database
) -> None:
    card = await begun(alice, bob)
    duel, question = await newest(database), await standing(database)
    assert digest_of(question) != "000000"
    letter = LETTERS[question.right]
    custom_id = ids.DUEL_ANSWER.format(duel_id=duel.id, place=1, digest="000000", option=question.right)
    chat.relabel(card, letter, "old", custom_id)
    await alice.presses(card, "old")
    assert "has been reworded since" in said(card)
    assert buttons(card) == ["A", "B", "C", "Skip"]
    assert await sql(database, "select * from duel_answers") == []


async def test_a_question_whose_content_is_gone_keeps_nobody(alice: Person, bob: Person, database: Database) -> None:
    card = await begun(alice, bob)
    await sql(database, "update duel_questions set item_id = 'gone-item'")
    await alice.presses(card, "A")
    for _ in range(QUESTIONS):
        assert "taken out of the roadmap" in said(card)
        await bob.presses(card, "Go on")
    assert "Alice and Bob draw, 0 : 0" in said(card)


async def test_a_name_full_of_marks_stays_a_name(chat: Chat, bob: Person, database: Database) -> None:
    loud = chat.person("**L** # @everyone")
    await loud.starts()
    card = await loud.says("duel", member=bob.user)
    assert r"\*\*L\*\*" in said(card)
    await bob.presses(card, "Accept")
    await answer(loud, card, database, right=True)
    assert r"\*\*L\*\*" in said(card)


async def test_a_duel_moves_no_skill_and_makes_the_day_an_active_one(
    alice: Person, bob: Person, database: Database
) -> None:
    card = await begun(alice, bob)
    await sql(database, "delete from active_days")
    await answer(alice, card, database, right=False)
    await answer(bob, card, database, right=True)
    assert await sql(database, "select * from skill_states") == []
    active = await sql(database, "select user_id from active_days order by user_id")
    assert active == sorted([(alice.id,), (bob.id,)])


async def test_a_duel_that_is_gone_says_so(alice: Person, bob: Person, database: Database) -> None:
    card = await begun(alice, bob)
    await sql(database, "delete from duels")
    for label in ("A", "Skip"):
        assert "That duel is gone." in sentence(await alice.presses(card, label))
