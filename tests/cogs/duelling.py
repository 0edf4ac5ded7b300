"""Two members at a duel: what they press, and what stands in the channel."""

from datetime import timedelta

from simcord.results import InteractionResult

from db import duels
from db.engine import Database
from lessons.choosing import make_question
from lessons.duels import Duel
from lessons.load import load_curriculum
from lessons.questions.model import Question
from tests.cogs.chat import Person
from tests.runs import sql

CURRICULUM = load_curriculum()
FIRST, SECOND = CURRICULUM.topics[:2]
LETTERS = "ABC"


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
