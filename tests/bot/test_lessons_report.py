"""``waypoint lessons report``: what an organiser reads about their questions."""

import csv
import io
from pathlib import Path

from rich.console import Console

from bot.lessons_report import report, show_report, write_report
from db import quizzes
from db.engine import Database
from db.quizzes import QuizKind
from lessons.choosing import Ask, make_question
from lessons.item_report import ItemFigures
from lessons.load import load_curriculum
from tests.runs import at

CURRICULUM = load_curriculum()
ASKS = [Ask("conv_output_size", "conv_output_size", seed) for seed in range(8)]


async def played(database: Database, user_id: int, *, right: bool) -> None:
    """A round of eight, all right or all wrong; the last is left open."""
    async with database.transaction() as session:
        quiz = await quizzes.start_quiz(session, user_id, QuizKind.TOPIC, ASKS, at(), topic_id="cnn")
        for asked in quiz.questions[:-1]:
            question = make_question(CURRICULUM, asked.ask)
            assert question is not None
            chosen = question.right if right else (question.right + 1) % 3
            await quizzes.write_answer(session, quiz.id, asked.place, at(), right=right, chosen=chosen)


def printed(figures: tuple[ItemFigures, ...]) -> str:
    paper = io.StringIO()
    show_report(Console(width=200, file=paper), figures)
    return paper.getvalue()


async def test_before_anybody_has_answered_it_says_so(database: Database) -> None:
    assert "Nobody has answered a question yet." in printed(await report(database.url, CURRICULUM))


async def test_each_item_has_its_figures_and_the_mistake_that_most_fell_for(database: Database, tmp_path: Path) -> None:
    await played(database, 1, right=True)
    await played(database, 2, right=False)
    figures = await report(database.url, CURRICULUM)
    (only,) = figures
    assert (only.item_id, only.asked, only.members, only.right) == ("conv_output_size", 14, 2, 0.5)
    question = make_question(CURRICULUM, ASKS[0])
    assert question is not None
    assert only.worst_mistake == question.options[(question.right + 1) % 3].misconception
    text = printed(figures)
    assert "50%" in text
    assert "too few answers yet" in text
    assert "1 item, 0 answered by 20 members or more" in text
    write_report(tmp_path / "report.csv", figures)
    with (tmp_path / "report.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["item"] == "conv_output_size"
    assert rows[0]["asked"] == "14"
