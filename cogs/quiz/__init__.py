"""``/quiz``, ``/review`` and the placement quiz: questions, one card at a time."""

from bot import ids
from bot.client import Waypoint
from cogs.quiz._buttons import (
    AnswerButton,
    CurrentQuizButton,
    GoButton,
    QuizButton,
    ReviewButton,
    RunQuizButton,
    TypeButton,
    submit_number,
)
from cogs.quiz._commands import Quizzes
from cogs.quiz._placement import EndPlacementButton, PlacementButton, StartThereButton


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(AnswerButton, TypeButton, GoButton, QuizButton, CurrentQuizButton, ReviewButton, RunQuizButton)
    bot.register(PlacementButton, EndPlacementButton, StartThereButton)
    bot.register_form(ids.template(ids.QUIZ_FORM), submit_number)
    await bot.add_cog(Quizzes(bot))
