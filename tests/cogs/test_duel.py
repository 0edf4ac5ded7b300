"""What two members get from ``/duel``, what the others in the channel get, and what no press can break."""

from datetime import timedelta

import pytest
from simcord.results import InteractionResult

from bot import ids
from bot.quiz_cards import digest_of
from db import duels
from db.engine import Database
from lessons.choosing import make_question
from lessons.duels import QUESTIONS, Duel, DuelState
from lessons.load import load_curriculum
from lessons.questions.model import Question
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.runs import sql

CURRICULUM = load_curriculum()
FIRST, SECOND = CURRICULUM.topics[:2]
LETTERS = "ABC"


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


async def newest(database: Database) -> Duel:
    ((duel_id,),) = await sql(database, "select max(id) from duels")
    assert isinstance(duel_id, int)
    async with database.session() as session:
        duel = await duels.load_duel(session, duel_id)
    assert duel is not None
    return duel


async def standing(database: Database) -> Question:
    """The question in the channel."""
    duel = await newest(database)
    assert duel.question is not None
    question = make_question(CURRICULUM, duel.question.ask)
    assert question is not None
    return question


async def answer(person: Person, card: InteractionResult, database: Database, *, right: bool) -> InteractionResult:
    """Press the right option, or a wrong one."""
    question = await standing(database)
    place = question.right if right else (question.right + 1) % 3
    return await person.presses(card, LETTERS[place])


async def begun(alice: Person, bob: Person) -> InteractionResult:
    """A duel with its first question in the channel."""
    card = await alice.says("duel", member=bob.user)
    await bob.presses(card, "Accept")
    return card


async def later(database: Database, delay: timedelta) -> None:
    """So much time goes by."""
    await sql(database, "update duels set created_at = created_at - :delay", delay=delay)
    await sql(database, "update duel_questions set asked_at = asked_at - :delay", delay=delay)
    await sql(database, "update duel_answers set answered_at = answered_at - :delay", delay=delay)


async def stands_at(database: Database, person: Person, topic_id: str) -> None:
    """The member has come to that topic."""
    await sql(
        database,
        "insert into topic_progress (user_id, topic_id, opened_at) values (:user, :topic, now())",
        user=person.id,
        topic=topic_id,
    )


async def test_a_challenge_stands_in_public_and_tells_the_rival(alice: Person, bob: Person) -> None:
    card = await alice.says("duel", member=bob.user)
    assert not card.ephemeral
    assert "Alice challenges Bob" in said(card)
    assert f"five questions about **{FIRST.emoji} {FIRST.short_title}**" in said(card)
    assert f"<@{bob.id}>" in said(card)
    assert buttons(card) == ["Accept", "No thanks", "Withdraw"]


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
