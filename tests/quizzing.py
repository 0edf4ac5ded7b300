"""Questions as members get them: what stands on the newest card, and which answer is right. For all kinds of tests."""

from sqlalchemy import func, select

from db import quizzes
from db.engine import Database
from db.learning_tables import QuizRow
from db.quizzes import Asked, Quiz
from db.skills import save_skill
from lessons.choosing import make_question
from lessons.known import KnownSkill
from lessons.load import load_curriculum
from lessons.mastery import Level, Mastery
from lessons.questions.model import Question
from lessons.reviews import Memory
from tests.runs import at

CURRICULUM = load_curriculum()
LETTERS = "ABC"


async def newest(database: Database) -> Quiz:
    """The newest round of all."""
    async with database.session() as session:
        newest_id = await session.scalar(select(func.max(QuizRow.id)))
        quiz = await quizzes.load_quiz(session, newest_id or 0)
    assert quiz is not None
    return quiz


async def on_the_card(database: Database) -> tuple[Quiz, Asked, Question]:
    """What is being asked in it."""
    quiz = await newest(database)
    assert quiz.open is not None
    question = make_question(CURRICULUM, quiz.open.ask)
    assert question is not None
    return quiz, quiz.open, question


async def right_letter(database: Database) -> str:
    """The button of the right answer."""
    _, _, question = await on_the_card(database)
    return LETTERS[question.right]


async def make_familiar(database: Database, user_id: int, topic_id: str) -> None:
    """The member is familiar with every skill of this topic."""
    memory = Memory(3.0, 5.0, at(-86400), at(2 * 86400), 2)
    known = KnownSkill(Mastery(Level.FAMILIAR, (True, True)), memory)
    async with database.transaction() as session:
        for skill in CURRICULUM.topic(topic_id).skills:
            await save_skill(session, user_id, skill.id, known)
