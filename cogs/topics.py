"""``/next`` and ``/roadmap``: the topic whose turn it is, and the way as a picture."""

import asyncio
import io
from datetime import UTC, datetime
from typing import Literal

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import ids
from bot.client import Press, Waypoint
from bot.pictures.roadmap import describe_roadmap, draw_roadmap
from bot.pictures.theme import ThemeName
from bot.reply import beside_or_instead, enrolled, reply, swap
from bot.reviewing import to_review
from bot.topic_cards import (
    finished_card,
    needs_text,
    owed_card,
    skip_question,
    topic_card,
)
from bot.ui import Card, PersistentButton, button, buttons, card, text
from bot.wording import day
from db import members
from db.activity import note_active
from db.passing import note_stamps
from lessons.curriculum import Curriculum
from lessons.errors import PersonError
from lessons.progress import Enrolment, TopicStanding, standing
from lessons.stepping import (
    AlreadyDone,
    Finished,
    MovedOn,
    NotCurrent,
    Noted,
    NotOpened,
    NotOwed,
    OnlyOwed,
    SetAside,
    Stay,
    TakenBack,
    TopicDone,
    mark_read,
    settle,
    skip,
    step,
    take_back,
)
from lessons.streaks import local_day

REVIEW = "-# 🔁 Some of what you learnt is about to fade: `/review` takes two minutes."


class Topics(commands.Cog):
    """Where a member is, and what comes next."""

    def __init__(self, bot: Waypoint) -> None:
        self.bot = bot

    @app_commands.command(name="next", description="Your current topic, or the next one when it is done")
    async def next_topic(self, interaction: Press) -> None:
        """Show the topic whose turn it is."""
        await reply(interaction, await next_card(interaction))

    @app_commands.command(description="All topics in their phases, and where you stand")
    @app_commands.describe(share="Show it to everyone here, not only to you", theme="Light or dark; dark by default")
    async def roadmap(self, interaction: Press, share: bool = False, theme: Literal["dark", "light"] = "dark") -> None:
        """Draw the way."""
        shown, picture = await roadmap_card(interaction, theme)
        await reply(interaction, shown, private=not share, files=[picture])


class NextButton(PersistentButton, template=ids.template(ids.NEXT)):
    """Does what ``/next`` does, for whoever presses it."""

    async def press(self, interaction: Press) -> None:
        """Show it in place of a card of one's own, or beside somebody else's."""
        await beside_or_instead(interaction, await next_card(interaction))


class RoadmapButton(PersistentButton, template=ids.template(ids.ROADMAP)):
    """Does what ``/roadmap`` does, for whoever presses it."""

    async def press(self, interaction: Press) -> None:
        """Answer with the picture."""
        shown, picture = await roadmap_card(interaction)
        await reply(interaction, shown, files=[picture])


class ReadButton(PersistentButton, template=ids.template(ids.TOPIC_READ)):
    """*I've done the reading*."""

    async def press(self, interaction: Press) -> None:
        """Note it; with that the topic may be done."""
        self.only_for(interaction, int(self.ids["user_id"]))
        bot, now = interaction.client, datetime.now(UTC)
        async with bot.database.transaction() as session:
            enrolment = await enrolled(session, interaction)
            marked = mark_read(bot.curriculum, enrolment, self.ids["topic_id"], now)
            match marked:
                case Noted() | TopicDone():
                    await members.stamp_topics(session, interaction.user.id, marked.stamps)
                    await note_active(session, interaction.user.id, local_day(now, enrolment.zone))
                    enrolment = marked.enrolment
                case AlreadyDone() | NotOpened():
                    pass
        match marked:
            case Noted(topic, missing):
                lead = f"☑ Noted. What is left of *{topic.title}* is {needs_text(missing)}."
            case TopicDone(topic, following):
                lead = f"🎉 **{topic.title} is done.**" + (
                    f" Next is *{following.title}*." if following is not None else ""
                )
            case AlreadyDone(topic):
                lead = f"*{topic.title}* is done already."
            case NotOpened(topic, current):
                at = f"; you are at *{current.title}*" if current is not None else ""
                raise PersonError(f"*{topic.title}* is not open yet{at}. `/next` shows where you are.")
        await swap(interaction, _card_of(bot, enrolment, topic.id, interaction.user.id, now, lead))


class SkipButton(PersistentButton, template=ids.template(ids.TOPIC_SKIP)):
    """*Open the next anyway*: asks first."""

    async def press(self, interaction: Press) -> None:
        """Say what it means, and ask."""
        self.only_for(interaction, int(self.ids["user_id"]))
        bot, now = interaction.client, datetime.now(UTC)
        async with bot.database.session() as session:
            enrolment = await enrolled(session, interaction)
        match skip(bot.curriculum, enrolment, self.ids["topic_id"], now):
            case SetAside(topic, to):
                place = _place(bot.curriculum, enrolment, topic.id, now)
                await swap(interaction, skip_question(place, to, interaction.user.id))
            case NotCurrent(topic):
                raise PersonError(f"*{topic.title}* is not your current topic any more. `/next` shows which one is.")


class SkipSureButton(PersistentButton, template=ids.template(ids.TOPIC_SKIP_SURE)):
    """Sets the topic aside."""

    async def press(self, interaction: Press) -> None:
        """Remember it as owed, and open the next."""
        self.only_for(interaction, int(self.ids["user_id"]))
        bot, now = interaction.client, datetime.now(UTC)
        async with bot.database.transaction() as session:
            enrolment = await enrolled(session, interaction)
            result = skip(bot.curriculum, enrolment, self.ids["topic_id"], now)
            match result:
                case SetAside():
                    await members.stamp_topics(session, interaction.user.id, result.stamps)
                case NotCurrent(topic):
                    raise PersonError(
                        f"*{topic.title}* is not your current topic any more. `/next` shows which one is."
                    )
        lead = f"*{result.topic.title}* stays on your roadmap as owed."
        if result.to is None:
            place = standing(bot.curriculum, result.enrolment, now)
            await swap(interaction, owed_card(place, interaction.user.id))
            return
        await swap(
            interaction,
            _card_of(bot, result.enrolment, result.to.id, interaction.user.id, now, lead),
        )


class TakeBackButton(PersistentButton, template=ids.template(ids.TOPIC_TAKE_BACK)):
    """Takes a topic up again that had been set aside."""

    async def press(self, interaction: Press) -> None:
        """It is current again."""
        self.only_for(interaction, int(self.ids["user_id"]))
        bot, now = interaction.client, datetime.now(UTC)
        async with bot.database.transaction() as session:
            enrolment = await enrolled(session, interaction)
            result = take_back(bot.curriculum, enrolment, self.ids["topic_id"])
            if isinstance(result, TakenBack):
                await members.clear_skip(session, interaction.user.id, result.topic.id)
        match result:
            case TakenBack(topic, missing, after):
                lead = f"*{topic.title}* is yours again. What is left: {needs_text(missing)}."
                await swap(interaction, _card_of(bot, after, topic.id, interaction.user.id, now, lead))
            case NotOwed(topic):
                raise PersonError(f"*{topic.title}* is not owed. `/roadmap` shows where everything stands.")


async def next_card(interaction: Press) -> Card:
    """What ``/next`` shows; handing out a new topic is written down."""
    bot, user_id, now = interaction.client, interaction.user.id, datetime.now(UTC)
    async with bot.database.transaction() as session:
        enrolment = await enrolled(session, interaction)
        settled = settle(bot.curriculum, enrolment, now)
        enrolment = enrolment.stamped(settled)
        await note_stamps(
            session, bot.curriculum, enrolment, settled, now, user_id=user_id, guild_id=interaction.guild_id
        )
        outcome = step(bot.curriculum, enrolment, now)
        if isinstance(outcome, MovedOn):
            await members.stamp_topics(session, user_id, outcome.stamps)
        due = await to_review(session, bot.curriculum, user_id, enrolment.zone, now)
    review = REVIEW if due.skills else None
    match outcome:
        case Stay(topic):
            return _card_of(bot, enrolment, topic.id, user_id, now, review)
        case MovedOn(left, to, new_phase, _, after):
            lead = f"✅ *{left.title}* is behind you." if left is not None else None
            if new_phase is not None and left is not None:
                lead = f"{lead} **{new_phase.emoji} {new_phase.title} begins.** {new_phase.summary}"
            leads = [line for line in (lead, review) if line is not None]
            return _card_of(bot, after, to.id, user_id, now, "\n".join(leads) or None)
        case OnlyOwed():
            return owed_card(standing(bot.curriculum, enrolment, now), user_id)
        case Finished():
            return finished_card(bot.curriculum)


async def roadmap_card(interaction: Press, theme: ThemeName = "dark") -> tuple[Card, discord.File]:
    """The way as a picture, with its description in words."""
    bot, now = interaction.client, datetime.now(UTC)
    async with bot.database.session() as session:
        enrolment = await enrolled(session, interaction)
    place = standing(bot.curriculum, enrolment, now)
    name = interaction.user.display_name
    picture = await asyncio.to_thread(
        draw_roadmap, bot.curriculum, place, place.timeline, name=name, today=place.today, theme=theme
    )
    description = describe_roadmap(bot.curriculum, place, place.timeline, name=name, today=place.today)
    lines = [f"### {discord.utils.escape_markdown(name)}'s roadmap"]
    if place.current is not None:
        current = place.current
        lines.append(
            f"At {current.topic.emoji} **{current.topic.title}**, due {day(current.span.due, today=place.today)}. "
            f"{len(place.done)} of {len(place.topics)} topics done."
        )
    shown = card(
        text("\n".join(lines)),
        ui.MediaGallery(discord.MediaGalleryItem("attachment://roadmap.png", description=description)),
        buttons(button("Current topic", ids.NEXT, style=ids.PRIMARY)),
    )
    return shown, discord.File(io.BytesIO(picture), "roadmap.png", description=description)


def _place(curriculum: Curriculum, enrolment: Enrolment, topic_id: str, now: datetime) -> TopicStanding:
    place = standing(curriculum, enrolment, now).topic(topic_id)
    if place is None:
        raise PersonError("That topic is no longer part of the roadmap. `/next` shows where you are.")
    return place


def _card_of(bot: Waypoint, enrolment: Enrolment, topic_id: str, user_id: int, now: datetime, lead: str | None) -> Card:
    curriculum = bot.curriculum
    place = _place(curriculum, enrolment, topic_id, now)
    way = standing(curriculum, enrolment, now)
    return topic_card(curriculum, place, way, user_id, lead=lead, dead=bot.dead_links)


async def setup(bot: Waypoint) -> None:
    """Load the feature."""
    bot.register(NextButton, RoadmapButton, ReadButton, SkipButton, SkipSureButton, TakeBackButton)
    await bot.add_cog(Topics(bot))
