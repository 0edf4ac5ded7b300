"""``waypoint lessons report``: which questions are worth asking, as a table or a CSV file."""

import csv
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.wording import plural
from db.engine import Database
from db.item_answers import StoredAnswer, all_answers
from lessons.answering import mistake_behind
from lessons.choosing import make_question
from lessons.curriculum import Curriculum
from lessons.item_report import ENOUGH, ItemAnswer, ItemFigures, Verdict, item_report

COLUMNS = ("item", "asked", "members", "right", "don't know", "discrimination", "most chosen mistake", "verdict")


async def report(url: str, curriculum: Curriculum) -> tuple[ItemFigures, ...]:
    """The figures of every item that anybody answered."""
    async with Database(url, pool_size=1) as database, database.session() as session:
        stored = await all_answers(session)
    return item_report(read_answer(curriculum, each) for each in stored)


def read_answer(curriculum: Curriculum, stored: StoredAnswer) -> ItemAnswer:
    """The answer with the misconception behind it, as far as the question can be made again."""
    item_id, right = stored.ask.item_id, stored.right
    unknown = stored.chosen is None and stored.said is None
    mistake = None
    if not right and not unknown and (question := make_question(curriculum, stored.ask)) is not None:
        if stored.said is not None:
            option = mistake_behind(question, stored.said)
        else:
            option = question.options[stored.chosen] if stored.chosen is not None else None
        mistake = option.misconception if option is not None else None
    return ItemAnswer(stored.user_id, item_id, right, mistake, unknown)


def show_report(console: Console, figures: tuple[ItemFigures, ...]) -> None:
    """Print it, the items to look at first."""
    if not figures:
        console.print("Nobody has answered a question yet. Come back when members have played a few rounds of /quiz.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for place, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if 0 < place < 6 else "left", overflow="fold")
    for each in figures:
        style = None if each.verdict in (Verdict.FINE, Verdict.TOO_FEW) else "yellow"
        table.add_row(*_cells(each), style=style)
    console.print(table)
    judged = [each for each in figures if each.verdict is not Verdict.TOO_FEW]
    suspicious = sum(each.verdict is not Verdict.FINE for each in judged)
    console.print(
        f"\n{plural(len(figures), 'item')}, {len(judged)} answered by {ENOUGH} members or more, {suspicious} of them "
        "to look at. Discrimination: correlation of being right here with the share right elsewhere; 0.2 or more is "
        "good enough.",
        highlight=False,
    )


def write_report(path: Path, figures: tuple[ItemFigures, ...]) -> None:
    """The same as a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_cells(each) for each in figures)


def _cells(each: ItemFigures) -> tuple[str, ...]:
    return (
        each.item_id,
        str(each.asked),
        str(each.members),
        f"{each.right:.0%}",
        f"{each.unknown:.0%}",
        "–" if each.discrimination is None else f"{each.discrimination:+.2f}",
        each.worst_mistake or "–",
        each.verdict.value,
    )
