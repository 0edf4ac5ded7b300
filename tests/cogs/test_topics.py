"""What a member gets on the way: ``/next``, ``/roadmap``, and the buttons of a topic."""

import re
from datetime import date, timedelta

import pytest
from simcord.results import InteractionResult

from db.engine import Database
from lessons.load import load_curriculum
from tests.cogs.chat import Chat, Person, buttons, files, pictures, said, sentence
from tests.quizzing import make_familiar
from tests.runs import at, fetch_run, finish, sql

CURRICULUM = load_curriculum()
ORDER = [topic.id for topic in CURRICULUM.topics]
TITLES = {topic.id: topic.title for topic in CURRICULUM.topics}
READ = "I've done the reading"
ANYWAY = "Open the next anyway"
SURE = "Open it anyway"


@pytest.fixture
async def alice(alice: Person) -> Person:
    """A member on their first day."""
    await alice.starts()
    return alice


async def done_before(database: Database, member: Person, topic_id: str) -> None:
    """The member has done everything that comes before this topic."""
    await sql(database, "delete from topic_progress where user_id = :user", user=member.id)
    for place, earlier in enumerate(ORDER[: ORDER.index(topic_id)]):
        await sql(
            database,
            "insert into topic_progress (user_id, topic_id, opened_at, read_at, project_run_at, done_at) "
            "values (:user, :topic, :at, :at, :at, :at)",
            user=member.id,
            topic=earlier,
            at=at(-3600 + place),
        )


async def all_done(database: Database, member: Person) -> None:
    await done_before(database, member, ORDER[-1])
    last = "insert into topic_progress (user_id, topic_id, read_at, done_at) values (:user, :topic, :at, :at)"
    await sql(database, last, user=member.id, topic=ORDER[-1], at=at())


async def stamps(database: Database, topic_id: str) -> set[str]:
    """What has happened to a topic."""
    names = ("opened_at", "read_at", "project_run_at", "done_at", "skipped_at")
    rows = await sql(database, f"select {', '.join(names)} from topic_progress where topic_id = :id", id=topic_id)  # noqa: S608 - our own names
    return {name for row in rows for name, value in zip(names, row, strict=True) if value is not None}


def shows(card: InteractionResult, topic_id: str) -> bool:
    return f"## {CURRICULUM.topic(topic_id).emoji} {TITLES[topic_id]}" in said(card)


async def test_next_shows_why_what_to_read_and_watch_and_by_when(alice: Person) -> None:
    card = await alice.says("next")
    text = said(card)
    topic = CURRICULUM.topics[0]
    assert shows(card, "python-math")
    assert "topic 1 of 14" in text
    assert re.search(r"due \w{3} \d+ \w{3}( \d{4})? \(in \d+ days\)", text)
    assert topic.why in text
    for resource in topic.readings + topic.videos:
        assert f"[{resource.title}](<{resource.url}>)" in text
    assert buttons(card) == ["Quiz me", READ, ANYWAY, "Roadmap"]
    assert card.ephemeral


async def test_next_again_shows_the_same_topic_until_it_is_done(alice: Person) -> None:
    await alice.says("next")
    assert shows(await alice.says("next"), "python-math")


async def test_the_card_of_every_topic_is_one_that_discord_takes(alice: Person, database: Database) -> None:
    for topic_id in ORDER:
        await done_before(database, alice, topic_id)
        assert shows(await alice.says("next"), topic_id)


async def test_a_topic_without_a_project_is_done_with_its_skills(alice: Person, database: Database) -> None:
    card = await alice.says("next")
    assert "☐ Quiz: 0 of 4 skills are familiar, 4 pass the topic" in said(card)
    await alice.presses(card, READ)
    assert "☑ Noted. What is left of *Learn Python and Math Foundations* is the quiz" in said(card)
    assert buttons(card) == ["Quiz me", ANYWAY, "Roadmap"]
    await make_familiar(database, alice.id, "python-math")
    following = await alice.says("next")
    assert "✅ *Learn Python and Math Foundations* is behind you." in said(following)
    assert shows(following, ORDER[1])
    assert "opened_at" in await stamps(database, ORDER[1])


async def test_a_new_phase_is_announced(alice: Person, database: Database) -> None:
    await done_before(database, alice, "backpropagation")
    assert "Core Deep Learning begins.**" in said(await alice.says("next"))


async def test_a_topic_with_a_project_is_done_with_its_skills_and_a_good_run(
    alice: Person, chat: Chat, database: Database
) -> None:
    await done_before(database, alice, "cnn")
    card = await alice.says("next")
    assert "☐ Train the project: `/run cnn`" in said(card)
    await make_familiar(database, alice.id, "cnn")
    card = await alice.says("next")
    assert "☑ Quiz: 4 of 4 skills are familiar" in said(card)
    assert "Practise" in buttons(card)
    assert shows(card, "cnn")

    await alice.says("run cnn")
    await finish(database, 1)
    assert (await fetch_run(database, 1)).user_id == alice.id
    moved_on = await alice.says("next")
    assert f"✅ *{TITLES['cnn']}* is behind you." in said(moved_on)
    assert shows(moved_on, "rnn")


async def test_every_project_of_the_roadmap_has_its_command_on_its_topic(alice: Person, database: Database) -> None:
    for topic in load_curriculum().topics:
        if topic.project is None:
            continue
        await done_before(database, alice, topic.id)
        assert f"/run {topic.project.id}" in said(await alice.says("next"))


async def test_a_run_before_the_quiz_counts(alice: Person, database: Database) -> None:
    await done_before(database, alice, "cnn")
    await alice.says("run cnn")
    await finish(database, 1)
    card = await alice.says("next")
    assert "☑ Train the project" in said(card)
    await make_familiar(database, alice.id, "cnn")
    assert shows(await alice.says("next"), "rnn")


async def test_setting_aside_asks_first_and_keeping_changes_nothing(alice: Person, database: Database) -> None:
    card = await alice.says("next")
    await alice.presses(card, ANYWAY)
    assert "Go on without *Learn Python and Math Foundations*?" in said(card)
    assert "stays on your roadmap as owed: the quiz (`/quiz`, 0 of 4 skills so far)" in said(card)
    assert "skipped_at" not in await stamps(database, "python-math")
    await alice.presses(card, "Stay here")
    assert shows(card, "python-math")
    assert await stamps(database, "python-math") == {"opened_at"}


async def test_what_is_set_aside_is_owed_until_it_is_taken_up_and_done(alice: Person, database: Database) -> None:
    card = await alice.says("next")
    await alice.presses(card, ANYWAY)
    await alice.presses(card, SURE)
    assert "stays on your roadmap as owed" in said(card)
    assert shows(card, ORDER[1])
    assert "Owed: Python & math (quiz 0 of 4 skills)." in said(await alice.says("next"))
    assert "skipped_at" in await stamps(database, "python-math")


async def test_when_all_else_is_done_the_owed_topics_are_offered(alice: Person, database: Database) -> None:
    await all_done(database, alice)
    await sql(
        database,
        "update topic_progress set read_at = null, done_at = null, skipped_at = opened_at where topic_id = any(:ids)",
        ids=["python-math", "backpropagation"],
    )
    card = await alice.says("next")
    assert "Almost there" in said(card)
    assert buttons(card) == ["Take up Python & math", "Take up Backpropagation"]
    await alice.presses(card, "Take up Backpropagation")
    assert "is yours again. What is left: the quiz" in said(card)
    assert shows(card, "backpropagation")
    await make_familiar(database, alice.id, "backpropagation")
    assert buttons(await alice.says("next")) == ["Take up Python & math"]


async def test_setting_the_last_open_topic_aside_shows_what_is_owed(alice: Person, database: Database) -> None:
    await done_before(database, alice, ORDER[-1])
    card = await alice.says("next")
    await alice.presses(card, ANYWAY)
    assert "No other topic is left to open" in said(card)
    await alice.presses(card, "Set it aside")
    assert buttons(card) == [f"Take up {CURRICULUM.topics[-1].short_title}"]


async def test_at_the_end_there_is_a_card_for_it(alice: Person, database: Database) -> None:
    await all_done(database, alice)
    card = await alice.says("next")
    assert "You finished the Deep Learning Roadmap" in said(card)
    assert files(await alice.presses(card, "Roadmap")) == ["roadmap.png"]


async def test_an_old_card_moves_nobody_on_twice(alice: Person, database: Database) -> None:
    first, second = await alice.says("next"), await alice.says("next")
    await alice.presses(first, READ)
    read = await sql(database, "select read_at, done_at from topic_progress")
    await alice.presses(second, READ)
    assert "Noted." in said(second)
    assert await sql(database, "select read_at, done_at from topic_progress") == read


async def test_a_topic_left_behind_cannot_be_set_aside_from_an_old_card(alice: Person, database: Database) -> None:
    old = await alice.says("next")
    await make_familiar(database, alice.id, "python-math")
    await alice.says("next")
    refused = await alice.presses(old, ANYWAY)
    assert "is not your current topic any more" in sentence(refused)
    assert "skipped_at" not in await stamps(database, "python-math")


async def test_what_is_not_set_aside_cannot_be_taken_back(alice: Person, database: Database) -> None:
    await all_done(database, alice)
    await sql(
        database,
        "update topic_progress set read_at = null, done_at = null, skipped_at = opened_at where topic_id = 'rnn'",
    )
    old, current = await alice.says("next"), await alice.says("next")
    await alice.presses(current, "Take up RNNs & LSTMs")
    assert "is not owed" in sentence(await alice.presses(old, "Take up RNNs & LSTMs"))


async def test_somebody_elses_topic_card_is_not_ones_own_to_press(
    chat: Chat, alice: Person, bob: Person, database: Database
) -> None:
    await bob.starts()
    await alice.says("next")
    shown = await bob.says("roadmap", share=True)
    chat.relabel(shown, "Current topic", READ, f"wp:topic:read:python-math:{alice.id}")
    assert sentence(await bob.presses(shown, READ)) == "That button is somebody else's."
    assert "read_at" not in await stamps(database, "python-math")


async def test_roadmap_is_a_picture_with_its_description_for_oneself(alice: Person) -> None:
    card = await alice.says("roadmap")
    assert files(card) == ["roadmap.png"]
    (description,) = pictures(card)
    assert "Learn Python and Math Foundations" in description or "Python & math" in description
    assert "0 of 14 topics done" in said(card)
    assert card.ephemeral


async def test_a_shared_roadmap_is_everybodys_to_see_and_its_button_answers_each_for_themselves(
    alice: Person, bob: Person, database: Database
) -> None:
    await done_before(database, alice, "cnn")
    card = await alice.says("roadmap", share=True)
    assert not card.ephemeral
    assert "4 of 14 topics done" in said(card)
    assert sentence(await bob.presses(card, "Current topic")).startswith("Say `/start` first")
    await bob.starts()
    own = await bob.presses(card, "Current topic")
    assert own.ephemeral
    assert shows(own, "python-math")
    assert "Alice's roadmap" in said(card)


async def test_in_a_dm_the_cards_work_and_stay(alice: Person, database: Database) -> None:
    card = await alice.whispers("next")
    assert not card.ephemeral
    await alice.user.click(card.response, label=READ)
    assert "Noted." in said(card)
    assert files(await alice.whispers("roadmap")) == ["roadmap.png"]


async def test_whoever_is_late_is_told_without_blame(alice: Person, database: Database) -> None:
    await sql(database, "update members set started_on = :day", day=date.today() - timedelta(days=200))  # noqa: DTZ011 - a day more or less does not matter
    text = said(await alice.says("next"))
    assert re.search(r"\d+ days past the suggested date, which is a suggestion", text)
    assert "the topic waits for you" in text


async def test_a_button_of_a_topic_that_the_content_no_longer_has_says_so(chat: Chat, alice: Person) -> None:
    card = await alice.says("next")
    chat.relabel(card, READ, READ, f"wp:topic:read:perceptrons:{alice.id}")
    assert "There is no topic `perceptrons`" in sentence(await alice.presses(card, READ))
