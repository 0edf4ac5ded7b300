"""Duels and their answers. A row is locked while its duel moves: of two presses at once, one comes first."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.learning_tables import DuelAnswerRow, DuelQuestionRow, DuelRow
from lessons.choosing import Ask
from lessons.duels import Duel, DuelQuestion, DuelState, Given, Player


async def write_challenge(
    session: AsyncSession,
    *,
    guild_id: int | None,
    channel_id: int,
    challenger: Player,
    rival: Player,
    topic_id: str,
    now: datetime,
) -> Duel | None:
    """A new challenge; None if the two have an open duel in that channel, also one written a moment ago."""
    duel_id = await session.scalar(
        insert(DuelRow)
        .values(
            guild_id=guild_id,
            channel_id=channel_id,
            pair=_pair(challenger.user_id, rival.user_id),
            challenger_id=challenger.user_id,
            challenger_name=challenger.name,
            rival_id=rival.user_id,
            rival_name=rival.name,
            topic_id=topic_id,
            created_at=now,
        )
        .on_conflict_do_nothing(
            index_elements=[DuelRow.channel_id, DuelRow.pair], index_where=DuelRow.ended_at.is_(None)
        )
        .returning(DuelRow.id)
    )
    return None if duel_id is None else await load_duel(session, duel_id)


async def open_duel(session: AsyncSession, channel_id: int, one_id: int, other_id: int) -> Duel | None:
    """The open duel of two people in a channel, whoever challenged; locked until the transaction ends."""
    duel_id = await session.scalar(
        select(DuelRow.id).where(
            DuelRow.channel_id == channel_id, DuelRow.pair == _pair(one_id, other_id), DuelRow.ended_at.is_(None)
        )
    )
    return None if duel_id is None else await load_duel(session, duel_id, lock=True)


async def load_duel(session: AsyncSession, duel_id: int, *, lock: bool = False) -> Duel | None:
    """A duel with all that was asked and answered. With ``lock``, two presses at once come one after the other."""
    statement = select(DuelRow).where(DuelRow.id == duel_id).execution_options(populate_existing=True)
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        return None
    answers = list(
        await session.scalars(
            select(DuelAnswerRow).where(DuelAnswerRow.duel_id == duel_id).order_by(DuelAnswerRow.answered_at)
        )
    )
    questions = await session.scalars(
        select(DuelQuestionRow)
        .where(DuelQuestionRow.duel_id == duel_id)
        .order_by(DuelQuestionRow.place)
        .execution_options(populate_existing=True)
    )
    return Duel(
        row.id,
        row.channel_id,
        Player(row.challenger_id, row.challenger_name),
        Player(row.rival_id, row.rival_name),
        row.topic_id,
        DuelState(row.state),
        row.place,
        row.created_at,
        tuple(
            DuelQuestion(
                each.place,
                Ask(each.skill_id, each.item_id, each.seed),
                each.asked_at,
                each.skipped_at,
                tuple(
                    Given(answer.user_id, answer.chosen, answer.right, answer.answered_at)
                    for answer in answers
                    if answer.place == each.place
                ),
            )
            for each in questions
        ),
    )


async def begin_duel(session: AsyncSession, duel_id: int, asks: Sequence[Ask], now: datetime) -> None:
    """The challenge is accepted: these are the questions, and the first is asked."""
    for place, ask in enumerate(asks, start=1):
        session.add(
            DuelQuestionRow(duel_id=duel_id, place=place, skill_id=ask.skill_id, item_id=ask.item_id, seed=ask.seed)
        )
    await session.flush()
    await session.execute(update(DuelRow).where(DuelRow.id == duel_id).values(state=DuelState.PLAYING))
    await ask_question(session, duel_id, 1, now)


async def ask_question(session: AsyncSession, duel_id: int, place: int, now: datetime) -> None:
    """That question stands in the channel now: its clock runs."""
    await session.execute(update(DuelRow).where(DuelRow.id == duel_id).values(place=place))
    await session.execute(
        update(DuelQuestionRow)
        .where(DuelQuestionRow.duel_id == duel_id, DuelQuestionRow.place == place, DuelQuestionRow.asked_at.is_(None))
        .values(asked_at=now)
    )


async def write_given(session: AsyncSession, duel_id: int, place: int, given: Given) -> None:
    """Note an answer; there is one a player and question."""
    session.add(
        DuelAnswerRow(
            duel_id=duel_id,
            place=place,
            user_id=given.user_id,
            chosen=given.chosen,
            right=given.right,
            answered_at=given.at,
        )
    )
    await session.flush()


async def skip_question(session: AsyncSession, duel_id: int, place: int, now: datetime) -> None:
    """Nobody scores that question any more."""
    await session.execute(
        update(DuelQuestionRow)
        .where(DuelQuestionRow.duel_id == duel_id, DuelQuestionRow.place == place)
        .values(skipped_at=now)
    )


async def end_duel(session: AsyncSession, duel_id: int, state: DuelState, now: datetime) -> None:
    """Nothing more happens in this duel; one that has ended stays as it is."""
    await session.execute(
        update(DuelRow).where(DuelRow.id == duel_id, DuelRow.ended_at.is_(None)).values(state=state, ended_at=now)
    )


def _pair(one_id: int, other_id: int) -> str:
    return f"{min(one_id, other_id)}-{max(one_id, other_id)}"
