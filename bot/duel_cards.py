"""The card of a duel at each of its moments: one message in a channel, edited from challenge to result. Pure."""

from typing import Any

import discord
from discord import ui
from discord.utils import escape_markdown

from bot import ids
from bot.pictures.questions import describe_question
from bot.quiz_cards import LETTERS, PICTURE, digest_of
from bot.ui import ACCENT, BUSY, GOOD, QUIET, Card, Item, button, buttons, card, rule, text
from bot.wording import duration, instant
from lessons.curriculum import Curriculum
from lessons.duels import (
    STANDS,
    Duel,
    DuelQuestion,
    DuelState,
    NobodyHadIt,
    Player,
    Reply,
    Scored,
    Skipped,
    Undecided,
    outcome_of,
)
from lessons.questions.model import Question


def duel_card(curriculum: Curriculum, duel: Duel, question: Question | None, *, lead: str | None = None) -> Card:
    """The duel as it stands.

    Args:
        curriculum: for the names of topics and skills.
        duel: as it is stored.
        question: the one that stands in the channel; None if there is none, or its content is gone.
        lead: a line to begin with.
    """
    items: list[Item] = [] if lead is None else [text(lead), rule()]
    colour = ACCENT
    match duel.state:
        case DuelState.ASKED:
            items += _challenge(curriculum, duel)
        case DuelState.PLAYING:
            asked = duel.question
            if asked is None or question is None:
                items += _gone(curriculum, duel)
                colour = QUIET
            elif outcome_of(asked) == Undecided():
                items += _asking(curriculum, duel, question)
            else:
                items += _solved(curriculum, duel, asked, question)
                colour = GOOD if isinstance(outcome_of(asked), Scored) else BUSY
        case DuelState.OVER:
            items += _result(curriculum, duel, question)
            colour = GOOD
        case DuelState.DECLINED | DuelState.WITHDRAWN | DuelState.LAPSED:
            items += _no_game(duel)
            colour = QUIET
    return card(*items, colour=colour)


def name_of(player: Player) -> str:
    """The player's name, for a card."""
    return escape_markdown(player.name)


def _topic(curriculum: Curriculum, duel: Duel) -> str:
    topic = curriculum.find(duel.topic_id)
    return f"{topic.emoji} {topic.short_title}" if topic is not None else "the roadmap"


def _challenge(curriculum: Curriculum, duel: Duel) -> list[Item]:
    def say(label: str, reply: Reply, style: discord.ButtonStyle = ids.SECONDARY) -> ui.Button[Any]:
        return button(label, ids.DUEL_REPLY.format(duel_reply=reply, duel_id=duel.id), style=style)

    return [
        text(
            f"### ⚔️ {name_of(duel.challenger)} challenges {name_of(duel.rival)}\n"
            f"<@{duel.rival.user_id}>, five questions about **{_topic(curriculum, duel)}**: the fastest right answer "
            "scores."
        ),
        text(f"-# A game: nothing here counts for your roadmap. It closes {instant(duel.created_at + STANDS)}."),
        buttons(
            say("Accept", Reply.ACCEPT, ids.PRIMARY), say("No thanks", Reply.DECLINE), say("Withdraw", Reply.WITHDRAW)
        ),
    ]


def _head(curriculum: Curriculum, duel: Duel) -> str:
    one, other = duel.players
    score = f"{name_of(one)} **{duel.points(one)} : {duel.points(other)}** {name_of(other)}"
    return f"⚔️ {score}\n-# {_topic(curriculum, duel)} · question {duel.place} of {len(duel.questions)}"


def _picture(question: Question) -> list[Item]:
    if question.picture is None:
        return []
    description = describe_question(question.picture)
    return [ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{PICTURE}", description=description))]


def _asking(curriculum: Curriculum, duel: Duel, question: Question) -> list[Item]:
    digest = digest_of(question)
    answers = (
        button(
            LETTERS[option],
            ids.DUEL_ANSWER.format(duel_id=duel.id, place=duel.place, digest=digest, option=option),
            style=ids.PRIMARY,
        )
        for option in range(len(question.options))
    )
    return [
        text(f"{_head(curriculum, duel)}\n{question.stem}"),
        *_picture(question),
        text("\n".join(f"**{LETTERS[i]}** · {option.text}" for i, option in enumerate(question.options))),
        buttons(*answers, button("Skip", ids.DUEL_SKIP.format(duel_id=duel.id, place=duel.place))),
    ]


def _solved(curriculum: Curriculum, duel: Duel, asked: DuelQuestion, question: Question) -> list[Item]:
    return [
        text(f"{_head(curriculum, duel)}\n{question.stem}"),
        *_picture(question),
        text(_options(duel, asked, question)),
        rule(),
        text(f"**{_verdict(duel, asked)}** {question.solution}"),
        buttons(button("Next question", ids.DUEL_NEXT.format(duel_id=duel.id, place=duel.place), style=ids.PRIMARY)),
    ]


def _options(duel: Duel, asked: DuelQuestion, question: Question) -> str:
    """The options, with who pressed which."""
    lines: list[str] = []
    for place, option in enumerate(question.options):
        pressed = [player for player in duel.players if (g := asked.of(player.user_id)) and g.chosen == place]
        mark = "✅" if option is question.answer else "❌" if pressed else "▫️"
        names = f" *({', '.join(map(name_of, pressed))})*" if pressed else ""
        lines.append(f"{mark} **{LETTERS[place]}** · {option.text}{names}")
    return "\n".join(lines)


def _verdict(duel: Duel, asked: DuelQuestion) -> str:
    match outcome_of(asked):
        case Scored(user_id, seconds):
            return f"{_name(duel, user_id)} had it after {duration(seconds)}."
        case NobodyHadIt():
            return "That one fooled you both."
        case Skipped() | Undecided():
            return "Skipped."


def _gone(curriculum: Curriculum, duel: Duel) -> list[Item]:
    return [
        text(
            f"{_head(curriculum, duel)}\nThis question has been taken out of the roadmap since. Everything else stays."
        ),
        buttons(button("Go on", ids.DUEL_NEXT.format(duel_id=duel.id, place=duel.place), style=ids.PRIMARY)),
    ]


def _result(curriculum: Curriculum, duel: Duel, question: Question | None) -> list[Item]:
    lines = [_title(duel)]
    for each in duel.questions:
        match outcome_of(each):
            case Scored(user_id, seconds):
                lines.append(f"{each.place}. **{_name(duel, user_id)}**, {duration(seconds)}")
            case NobodyHadIt() | Skipped() | Undecided():
                lines.append(f"{each.place}. nobody")
    items: list[Item] = [text("\n".join(lines)), text(_warm_line(duel))]
    if question is not None:
        solved = f"{question.stem}\n✅ {question.answer.text}\n{question.solution}"
        items += [rule(), text(f"-# The last question\n{solved}"), *_picture(question)]
    row = [button("Rematch", ids.DUEL_REMATCH.format(duel_id=duel.id), style=ids.PRIMARY, emoji="⚔️")]
    if curriculum.find(duel.topic_id) is not None:
        row.append(button("Practise alone", ids.QUIZ_TOPIC.format(topic_id=duel.topic_id), emoji="🧠"))
    return [*items, buttons(*row)]


def _title(duel: Duel) -> str:
    one, other = sorted(duel.players, key=duel.points, reverse=True)
    points = f"{duel.points(one)} : {duel.points(other)}"
    if duel.points(one) == duel.points(other):
        return f"### 🤝 {name_of(one)} and {name_of(other)} draw, {points}"
    return f"### 🏆 {name_of(one)} beats {name_of(other)}, {points}"


def _warm_line(duel: Duel) -> str:
    one, other = sorted(duel.players, key=duel.points, reverse=True)
    if duel.points(one) == 0:
        return "Five hard ones. You both know more about them now than before."
    if duel.points(one) == duel.points(other):
        return "Nothing between you two. Well played, both."
    if duel.points(other) == 0:
        return f"Quick fingers, {name_of(one)}. {name_of(other)}, thank you for taking it on: the next five are new."
    return f"Well played, both: {name_of(one)} was faster today, and {name_of(other)} made it a match."


def _no_game(duel: Duel) -> list[Item]:
    challenger, rival = map(name_of, duel.players)
    match duel.state:
        case DuelState.DECLINED:
            sentence = f"{rival} would rather not right now. Another time, {challenger}."
        case DuelState.WITHDRAWN:
            sentence = f"{challenger} has withdrawn the challenge to {rival}."
        case _:
            sentence = f"The duel of {challenger} and {rival} stood for a day, and is over."
    return [text(f"⚔️ {sentence}\n-# `/duel` starts a new one.")]


def _name(duel: Duel, user_id: int) -> str:
    player = duel.player(user_id)
    return name_of(player) if player is not None else "somebody"
