"""The buttons of questions, and the form for a number. All work after a restart: they carry ids, never answers."""

from discord import ui

from bot import ids
from bot.client import Press
from bot.quiz_cards import digest_of
from bot.ui import PersistentButton, form_values, persistent_form
from cogs.quiz._answers import take_answer
from cogs.quiz._rounds import go_on_with, own_quiz, review_round, run_round, topic_round
from cogs.quiz._show import question_of
from db import quizzes
from lessons.answering import PassedOn, Pressed, Wrote

NUMBER = "number"
TYPED_MAX = 60


class AnswerButton(PersistentButton, template=ids.template(ids.QUIZ_ANSWER)):
    """A, B, C or *I don't know*."""

    async def press(self, interaction: Press) -> None:
        """Judge it."""
        choice = self.ids["choice"]
        given = PassedOn() if choice == "x" else Pressed(int(choice))
        place = int(self.ids["place"])
        shown = await take_answer(interaction, int(self.ids["quiz_id"]), place, self.ids["digest"], given)
        await shown.show(interaction)


class TypeButton(PersistentButton, template=ids.template(ids.QUIZ_TYPE)):
    """*Type the number*."""

    async def press(self, interaction: Press) -> None:
        """Open the form."""
        quiz_id, place = int(self.ids["quiz_id"]), int(self.ids["place"])
        bot = interaction.client
        async with bot.database.session() as session:
            quiz = own_quiz(await quizzes.load_quiz(session, quiz_id), interaction.user.id)
            asked = quiz.question(place)
            question = await question_of(bot, session, quiz, asked) if asked is not None else None
        if asked is None or question is None or question.typed is None or asked.answered_at is not None:
            shown = await take_answer(interaction, quiz_id, place, self.ids["digest"], Wrote(""))
            await shown.show(interaction)
            return
        unit = question.typed.unit
        form = persistent_form(
            "Your answer", ids.QUIZ_FORM.format(quiz_id=quiz_id, place=place, digest=digest_of(question))
        )
        form.add_item(
            ui.Label(
                text=f"The number: {unit}"[:45] if unit else "The number",
                description="1/3, 0.33, 1,024, 2^10 and 33 % are all understood.",
                component=ui.TextInput(custom_id=NUMBER, max_length=TYPED_MAX),
            )
        )
        await interaction.response.send_modal(form)


async def submit_number(interaction: Press, given: dict[str, str]) -> None:
    """The form was sent."""
    text = form_values(interaction).get(NUMBER, "")
    shown = await take_answer(interaction, int(given["quiz_id"]), int(given["place"]), given["digest"], Wrote(text))
    await shown.show(interaction)


class GoButton(PersistentButton, template=ids.template(ids.QUIZ_GO)):
    """*Next question*, *How it went*."""

    async def press(self, interaction: Press) -> None:
        """Show it."""
        await (await go_on_with(interaction, int(self.ids["quiz_id"]))).show(interaction)


class QuizButton(PersistentButton, template=ids.template(ids.QUIZ_TOPIC)):
    """*Quiz me*, *Another round*: for whoever presses it."""

    async def press(self, interaction: Press) -> None:
        """Begin, or go on."""
        await (await topic_round(interaction, self.ids["topic_id"])).show(interaction)


class CurrentQuizButton(PersistentButton, template=ids.template(ids.NEXT_QUIZ)):
    """Does what ``/quiz`` does."""

    async def press(self, interaction: Press) -> None:
        """Begin, or go on."""
        await (await topic_round(interaction, None)).show(interaction)


class ReviewButton(PersistentButton, template=ids.template(ids.QUIZ_REVIEW)):
    """Does what ``/review`` does."""

    async def press(self, interaction: Press) -> None:
        """Begin, or go on."""
        await (await review_round(interaction)).show(interaction)


class RunQuizButton(PersistentButton, template=ids.template(ids.QUIZ_RUN)):
    """*Quiz me on it*, below a result."""

    async def press(self, interaction: Press) -> None:
        """Begin, or go on."""
        await (await run_round(interaction, int(self.ids["run_id"]))).show(interaction)
