"""The members: who they are, and what they do on the playground's page."""

import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.playground import seed
from bot.playground.models import Member, User
from db import quizzes
from db.tables import TopicProgress
from lessons.choosing import make_question
from lessons.nudges import EVERY_DAY, Hours
from tests.e2e.rig import Json, Player, Rig
from tests.playground.page_client import INTEGER, STRING, SUBCOMMAND, open_page
from tests.quizzing import CURRICULUM, LETTERS

ZONES: Final = {
    "Berlin": "Europe/Berlin",
    "New York": "America/New_York",
    "Kolkata": "Asia/Kolkata",
    "Sydney": "Australia/Sydney",
    "Sao Paulo": "America/Sao_Paulo",
    "London": "Europe/London",
}
WAYS: Final = (
    "answers at once",
    "answers at once",
    "comes at weekends",
    "comes at weekends",
    "never answers",
    "answers every third",
    "snoozes three days",
    "asks for fewer",
    "stops after three",
    "is away for four weeks",
)
READER: Final = 12
"""The member who is in phase 4 and reads the digest by DM."""
_ANSWER: Final = re.compile(r"wp:quiz:answer:(\d+):")


@dataclass
class Somebody:
    """A member, and how they are."""

    user: User
    city: str
    pace: str
    hours: Hours
    way: str
    place: str
    """Where they want their nudges: dm, channel, both; closed for a DM that Discord does not let through."""
    consents: bool
    got: int = 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(ZONES[self.city])

    @property
    def name(self) -> str:
        return self.user.display


def everybody(rig: Rig, chance: random.Random, joined: datetime) -> list[Somebody]:
    """Fifty of them, known to the playground."""
    return [_somebody(rig, number, chance, joined) for number in range(50)]


def _somebody(rig: Rig, number: int, chance: random.Random, joined: datetime) -> Somebody:
    world = rig.playground.world
    user = User(
        id=seed.USERS[-1].id + 1000 + number,
        username=f"member{number:02}",
        display=f"Member {number:02}",
        avatar=seed.picture_hash("member", number),
        colour=0x4F6BED,
    )
    world.keep(user)
    world.keep(Member(id=user.id, roles=(), joined_at=joined.isoformat()))
    place = (
        "channel" if number % 10 == 3 else "closed both" if number % 10 == 5 else "closed dm" if number == 17 else "dm"
    )
    if place.startswith("closed"):
        world.set_dms(user.id, is_open=False)
    return Somebody(
        user,
        list(ZONES)[number % len(ZONES)],
        chance.choice(("short", "middle", "long")),
        Hours(
            hour=chance.choice((9, 12, 17, 18, 19, 20)),
            days=EVERY_DAY if number % 3 else frozenset(chance.sample(range(7), 3)),
        ),
        WAYS[(number + number // 10) % len(WAYS)],
        place.rsplit(maxsplit=1)[-1] if "closed" not in place else place,
        consents=number % 13 != 6,
    )


@asynccontextmanager
async def at_the_page(rig: Rig, username: str, channel: str = "study-hall") -> AsyncIterator[Player]:
    """Somebody in a channel, by its name or its id."""
    async with open_page(rig.playground, username) as page:
        yield Player(page, channel if channel.isdecimal() else page.channel(channel))


async def organise(rig: Rig) -> None:
    """Mara starts, lets members be mentioned in the study hall, and wants a digest on Mondays at nine."""
    async with at_the_page(rig, "mara") as mara:
        await mara.say("start", [_text("pace", "middle"), _text("time_zone", "Berlin")])
        await mara.press(await mara.say("nudges"), "Allow nudges in this channel")
    async with at_the_page(rig, "mara", "papers") as mara:
        digest = {"name": "digest", "type": SUBCOMMAND, "options": [_text("time_zone", "Berlin")]}
        await mara.say("papers", [digest])


async def join(rig: Rig, who: Somebody) -> None:
    """Say `/start`; press *Nudge me* on its card and fill the form, if they want any."""
    async with at_the_page(rig, who.user.username) as me:
        welcome = await me.say("start", [_text("pace", who.pace), _text("time_zone", who.city)])
        if not who.consents:
            return
        await me.press(welcome, "Nudge me")
        form = await me.press_for_modal(await me.say("nudges"), "Change")
        await me.submit(
            form,
            {
                "Hour": [str(who.hours.hour)],
                "Days": [str(day) for day in sorted(who.hours.days)],
                "Quiet hours": "21-09",
                "Time zone": who.city,
                "Where": [who.place.removeprefix("closed ")],
            },
        )
    if who.user.username == f"member{READER:02}":
        await _move_to_phase_4(rig, who)


async def _move_to_phase_4(rig: Rig, who: Somebody) -> None:
    """Thirteen topics in two months is more than a simulation needs: written into the database."""
    async with rig.database.transaction() as session:
        for topic in CURRICULUM.topics:
            if CURRICULUM.phase_of(topic).number < 4:
                now = datetime.now(UTC)
                done = TopicProgress(user_id=who.user.id, topic_id=topic.id, opened_at=now, done_at=now)
                await session.merge(done)
    async with at_the_page(rig, who.user.username, "papers") as me:
        newest = await me.say("papers", [{"name": "latest", "type": SUBCOMMAND, "options": []}])
        await me.press(newest, "Send me the weekly digest")


async def press_nudge(rig: Rig, who: Somebody, message: Json, label: str) -> None:
    """Press a button of a nudge, where it stands."""
    async with at_the_page(rig, who.user.username, message["channel_id"]) as me:
        await me.press(message, label)


async def do_it_now(rig: Rig, who: Somebody, message: Json, label: str, chance: random.Random) -> None:
    """The first button of a nudge, and what it opens."""
    async with at_the_page(rig, who.user.username, message["channel_id"]) as me:
        opened = await me.press(message, label)
        if opened is not None:
            await _answer(rig, me, opened, chance, chance.randrange(1, 9))


async def study(rig: Rig, who: Somebody, chance: random.Random) -> None:
    """An evening: questions, now and then a date of one's own, a run, a look at the next topic."""
    async with at_the_page(rig, who.user.username) as me:
        await _answer(rig, me, await me.say("review"), chance, 5)
        match chance.randrange(5):
            case 0:
                await me.say("commit", [_text("date", f"in {chance.randrange(4, 12)} days")])
            case 1:
                here = me.page.channel("training-runs")
                run = {"name": "cnn", "type": SUBCOMMAND, "options": [{"name": "epochs", "type": INTEGER, "value": 1}]}
                if chance.random() < 0.5:
                    run = {"name": "preprocess", "type": SUBCOMMAND, "options": []}
                me.channel_id = here
                await me.say("run", [run])
            case 2:
                await _answer(rig, me, await me.say("quiz"), chance, chance.randrange(1, 4))  # and leave
            case _:
                await _answer(rig, me, await me.say("quiz"), chance, 12)
                await _answer(rig, me, await me.say("quiz"), chance, 12)
                await me.say("next")


async def _answer(rig: Rig, me: Player, card: Json, chance: random.Random, count: int) -> None:
    """Answer so many questions of a round, nine of ten of them right."""
    while count:
        there = pressable(card)
        if "Next question" in there:
            card = await me.press(card, "Next question") or card
            continue
        found = next((match for each in there.values() if (match := _ANSWER.match(each))), None)
        if found is None:
            return
        label = "I don't know"
        if "A" in there:
            right = await _right(rig, int(found[1]))
            label = LETTERS[right if chance.random() < 0.9 else (right + 1) % 3]
        card = await me.press(card, label) or card
        count -= 1


async def _right(rig: Rig, quiz_id: int) -> int:
    async with rig.database.session() as session:
        quiz = await quizzes.load_quiz(session, quiz_id)
    question = make_question(CURRICULUM, quiz.open.ask) if quiz is not None and quiz.open is not None else None
    return question.right if question is not None else 0


async def read_digest(rig: Rig, who: Somebody, message: Json, chance: random.Random) -> None:
    """Vote on two papers, now and then save one or open its discussion, and turn the page."""
    async with at_the_page(rig, who.user.username, message["channel_id"]) as me:
        papers = [each for each in pressable_ids(message) if each.startswith("wp:paper:up:")]
        for custom_id in chance.sample(papers, min(2, len(papers))):
            wish = custom_id if chance.random() < 0.7 else custom_id.replace(":up:", ":down:")
            fresh = (await me.page.history(message["channel_id"], limit=50))[-1]
            await me.press_id(fresh if fresh["id"] == message["id"] else message, wish)
        if chance.random() < 0.4:
            await me.press_id(message, chance.choice(papers).replace(":up:", ":save:"))
        if chance.random() < 0.15:
            await me.press_id(message, chance.choice(papers).replace(":up:", ":talk:"))
        if "More" in pressable(message):
            await me.press(message, "More")


def pressable(message: Json) -> dict[str, str]:
    """The buttons of a message: custom_id by label."""
    return {part.get("label", ""): part["custom_id"] for part in _buttons(message["components"])}


def pressable_ids(message: Json) -> list[str]:
    """All of their custom_ids."""
    return [part["custom_id"] for part in _buttons(message["components"])]


def _buttons(components: list[Json]) -> list[Json]:
    found: list[Json] = []
    for part in components:
        if part["type"] == 2 and part.get("custom_id") and not part.get("disabled"):
            found.append(part)
        found += _buttons(part.get("components", []))
    return found


def _text(name: str, value: str) -> Json:
    return {"name": name, "type": STRING, "value": value}
