"""Members whose curriculum changes under them: nothing of theirs is lost, and every card goes on to work."""

import re
import shutil
from pathlib import Path

import pytest

from bot.settings import Settings
from db.engine import Database
from lessons.reload import Broken, Reloaded
from tests.cogs.chat import Chat, Person, buttons, said, sentence
from tests.cogs.test_quiz import answer
from tests.quizzing import make_familiar, on_the_card
from tests.runs import sql

CONTENT = Path(__file__).parents[2] / "lessons" / "content"
FIRST = "01-python-math.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The lessons as the bot reads them."""
    return shutil.copytree(CONTENT, tmp_path / "content")


@pytest.fixture
def settings(settings: Settings, folder: Path) -> Settings:
    """With lessons of their own."""
    return settings.model_copy(update={"lessons_dir": folder})


@pytest.fixture
async def alice(alice: Person) -> Person:
    """A member on their first day."""
    await alice.starts()
    return alice


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


async def history(database: Database) -> list[list[tuple[object, ...]]]:
    """All that is kept of the members."""
    return [
        await sql(database, f"select * from {table} order by 1, 2")  # noqa: S608 - our own names
        for table in ("topic_progress", "skill_states", "quizzes", "quiz_questions")
    ]


def remove_topic(folder: Path, name: str) -> None:
    """The topic and its questions are gone."""
    (folder / "topics" / name).unlink()
    (folder / "questions" / name).unlink()


async def test_while_a_file_is_broken_the_last_good_lessons_are_served(chat: Chat, alice: Person, folder: Path) -> None:
    edit(folder / "topics" / FIRST, "short_title:", "shorttitle:")
    assert isinstance(chat.bot.lessons.look(), Broken)
    assert "Learn Python and Math Foundations" in said(await alice.says("next"))
    edit(folder / "topics" / FIRST, "shorttitle:", "short_title:")
    edit(folder / "topics" / FIRST, "title: Learn Python and Math Foundations", "title: Python First")
    assert isinstance(chat.bot.lessons.look(), Reloaded)
    assert "🐍 Python First" in said(await alice.says("next"))


async def test_a_topic_that_is_taken_out_keeps_its_history_and_brings_it_back(
    chat: Chat, alice: Person, folder: Path, database: Database
) -> None:
    card = await alice.says("quiz")
    await answer(alice, card, database, right=True)
    old_topic = await alice.says("next")
    before = await history(database)
    topic, questions = (folder / "topics" / FIRST).read_text(), (folder / "questions" / FIRST).read_text()
    remove_topic(folder, FIRST)
    assert isinstance(chat.bot.lessons.look(), Reloaded)

    assert "Understand Neural Networks Basics" in said(await alice.says("next"))
    assert "There is no topic `python-math`" in sentence(await alice.presses(old_topic, "I've done the reading"))
    await alice.presses(card, "Next question")
    assert "taken out of the roadmap" in said(card)
    assert "0 of 13 topics done" in said(await alice.says("roadmap"))
    after = await history(database)
    assert [row for row in after[0] if row[1] == "python-math"] == [row for row in before[0] if row[1] == "python-math"]
    assert after[1] == before[1]

    (folder / "topics" / FIRST).write_text(topic)
    (folder / "questions" / FIRST).write_text(questions)
    assert isinstance(chat.bot.lessons.look(), Reloaded)
    assert "Learn Python and Math Foundations" in said(await alice.says("next"))
    assert await history(database) == after


async def test_a_skill_that_is_taken_out_counts_for_nothing_and_is_not_forgotten(
    chat: Chat, alice: Person, folder: Path, database: Database
) -> None:
    await make_familiar(database, alice.id, "python-math")
    kept = await sql(database, "select skill_id, level from skill_states order by 1")
    path, bank = folder / "topics" / FIRST, folder / "questions" / FIRST
    topic, questions = path.read_text(), bank.read_text()
    skills = re.findall(r"  - id: ([a-z_]+)\n", topic[topic.index("\nskills:") :])
    gone = skills[-1]
    path.write_text(re.sub(rf"  - id: {gone}\n    title: .*(\n      .*)*\n?", "", topic))
    bank.write_text(re.sub(rf"skill: {gone}\b", f"skill: {skills[0]}", questions))
    assert isinstance(look := chat.bot.lessons.look(), Reloaded), look
    assert gone in look.summary
    assert "Understand Neural Networks Basics" in said(await alice.says("next")), "the other skills pass the topic"
    assert await sql(database, "select skill_id, level from skill_states order by 1") == kept


async def test_a_question_that_is_reworded_under_its_reader_is_shown_anew(
    chat: Chat, alice: Person, folder: Path, database: Database
) -> None:
    card = await alice.says("quiz")
    await sql(
        database,
        "update quiz_questions set item_id = :item where place = 1",
        item=(item := chat.bot.curriculum.banks[0].items[0]).id,
    )
    card = await alice.says("quiz")
    _, _, question = await on_the_card(database)
    assert question.stem == item.question
    bank = folder / "questions" / FIRST
    first_words = " ".join(item.question.split()[:2])
    edit(bank, first_words, f"Now then: {first_words}")
    assert isinstance(chat.bot.lessons.look(), Reloaded)
    await alice.presses(card, "A")
    assert "has been reworded since" in said(card)
    assert "Now then:" in said(card)
    assert buttons(card) == ["A", "B", "C", "I don't know"]
    assert await sql(database, "select 1 from skill_states") == []
