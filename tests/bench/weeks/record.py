"""Reads what everybody got, checks the promises on it, and writes it down."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from bot.playground import seed
from bot.playground.components import text_of
from db.tables import OutboxRow
from lessons.nudges import A_WEEK, LATEST, in_holdout
from tests.bench.weeks.people import WAYS, Somebody
from tests.e2e.rig import Rig
from tests.runs import sql

HOLDOUT = 0.1


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that came unasked; `message_id` is None for one that was given up."""

    kind: str
    user_id: int | None
    channel_id: int | None
    message_id: int | None
    at: datetime
    payload: dict[str, Any]
    said: str


async def read_all(rig: Rig, everybody: list[Somebody], arrived: list[Arrival], reader: int) -> list[str]:
    """A summary and then every message that came unasked, in the order of the simulated time.

    Raises:
        AssertionError: a promise was broken; it says which, and to whom.
    """
    async with rig.database.session() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.failed_at.is_not(None)))
        given_up = [
            Arrival(row.kind, row.user_id, row.channel_id, None, row.failed_at, row.payload, f"({row.last_error})")
            for row in rows
            if row.failed_at is not None
        ]
    by_id = {who.user.id: who for who in everybody}
    messages = {message.id: message for kept in rig.playground.world.messages.values() for message in kept.values()}
    unasked = {
        message.id
        for message in messages.values()
        if message.author_id == seed.BOT_ID
        and message.wire["type"] == 0
        and not (message.wire.get("interaction_metadata") or message.ephemeral_to)
    } - {each.message_id for each in arrived}
    days: dict[int, list[date]] = defaultdict(list)
    texts: dict[int, list[str]] = defaultdict(list)
    kinds: Counter[str] = Counter()
    lines: list[str] = []
    for each in sorted([*arrived, *given_up], key=lambda each: each.at):
        sent = each.message_id is not None
        kinds[each.kind if sent else f"{each.kind}, not sent"] += 1
        if each.kind == "nudge":
            who = by_id[each.payload["user_id"]]
            if sent:
                _check_nudge(who, each.at, days[who.user.id])
                texts[who.user.id].append(each.said.removeprefix(f"<@{who.user.id}>\n"))
            where = "never sent" if not sent else "channel" if each.channel_id is not None else "DM"
            when, to = each.at.astimezone(who.zone), f"{who.zone.key} · {who.name}, {who.way} · {where}"
            shown = each.said
        else:
            name = by_id[each.user_id].name if each.user_id in by_id else f"channel {each.channel_id}"
            when, to = each.at, f"UTC · {each.kind} to {name}"
            shown = each.said.partition("\n")[0] if each.kind == "run_result" else each.said
        lines += [f"--- {when:%a %d %b %Y %H:%M} {to}", shown, ""]
    talks = {
        row[0] for row in await sql(rig.database, "select thread_id from digest_papers where thread_id is not null")
    }
    strays = [text_of(messages[each].wire["components"]) for each in unasked if messages[each].channel_id not in talks]
    assert not strays, f"no row of the outbox accounts for these: {strays}"
    _check_weeks(days, by_id)
    _check_consent(everybody, days)
    digests = await sql(
        rig.database,
        "select d.week, count(*), count(*) filter (where p.wildcard), d.thread_id is not null from digests d "
        "join digest_papers p on p.digest_id = d.id group by d.id order by d.week",
    )
    twice = await sql(
        rig.database, "select paper_id from digest_papers group by guild_id, paper_id having count(*) > 1"
    )
    assert not twice, f"sent twice: {twice}"
    ((votes, up),) = await sql(rig.database, "select count(*), count(*) filter (where vote > 0) from paper_votes")
    return [
        *_about_nudges(everybody, days, texts),
        "What the outbox sent: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) + ".",
        "Digests: "
        + ", ".join(
            f"week of {week:%d %b} {papers} papers, {wild} wildcard{', in its thread' if thread else ''}"
            for week, papers, wild, thread in digests
        )
        + f"; {votes} votes, {up} of them up. Member {reader} reads them by DM too.",
        f"{len(talks)} discussions were opened. Nobody got a message that no row of the outbox accounts for.",
        "",
        *lines,
    ]


def _check_nudge(who: Somebody, sent_at: datetime, before: list[date]) -> None:
    local = sent_at.astimezone(who.zone)
    assert who.consents, f"{who.name} never asked"
    assert local.date() not in before, f"{who.name} had two on {local:%d %b}"
    assert local.weekday() in who.hours.days, f"{who.name}: not on a {local:%a}"
    hour = datetime.combine(local.date(), datetime.min.time(), who.zone) + timedelta(hours=who.hours.hour)
    assert timedelta(0) <= local - hour <= LATEST + timedelta(hours=1), f"{who.name}: {local} for {who.hours.hour}"
    assert not who.hours.quiet_at(local.hour), f"{who.name}: {local} is in the quiet hours"
    before.append(local.date())


def _check_weeks(days: dict[int, list[date]], by_id: dict[int, Somebody]) -> None:
    for user_id, got in days.items():
        for day in got:
            week = sum(day <= other < day + timedelta(days=7) for other in got)
            assert week <= A_WEEK, f"{by_id[user_id].name} had {week} in the week from {day}"


def _check_consent(everybody: list[Somebody], days: dict[int, list[date]]) -> None:
    for who in everybody:
        if not who.consents or in_holdout(who.user.id, HOLDOUT):
            assert who.user.id not in days, f"{who.name} should have had none"


def _about_nudges(
    everybody: list[Somebody], days: dict[int, list[date]], texts: dict[int, list[str]]
) -> tuple[str, str]:
    by_id = {who.user.id: who for who in everybody}
    ways: Counter[str] = Counter(dict.fromkeys(WAYS, 0))
    for user_id, got in days.items():
        ways[by_id[user_id].way] += len(got)
    same = sum(a == b for said in texts.values() for a, b in pairwise(said))
    held_out = sum(who.consents and in_holdout(who.user.id, HOLDOUT) for who in everybody)
    silent = sum(not who.consents for who in everybody)
    busiest = max((len(got) for got in days.values()), default=0)
    return (
        f"{len(everybody)} members: {silent} never asked for nudges, {held_out} asked and were held out by chance.",
        f"{ways.total()} nudges arrived, at most {busiest} to one member; {same} times in a row the same words. "
        "By the way members are: " + ", ".join(f"{way} {count}" for way, count in ways.items()) + ".",
    )
