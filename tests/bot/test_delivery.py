"""What the bot says unasked is said: once, though processes die, Discord fails, channels vanish and DMs are closed."""

import asyncio

import pytest
from sqlalchemy.exc import ProgrammingError

from bot.delivery import Delivery
from bot.playground import seed
from db import outbox
from tests.bot.town import AIKO, CHANNEL, JONAS, MARA, NADIA, TOMAS, Town, eventually
from tests.runs import FAILED, at, end, fetch_run, sql, take

SEND = "POST /channels/{channel_id}/messages"


async def claim(town: Town) -> outbox.OutboxRow:
    """Take the one due row as a delivery does."""
    async with town.database.transaction() as session:
        (row,) = await outbox.claim_due(session, at(1), lease=outbox.timedelta(seconds=60))
    return row


async def write_note(town: Town, key: str, *, channel_id: int | None = None, user_id: int | None = None) -> None:
    async with town.database.transaction() as session:
        await outbox.post(
            session, key=key, kind="note", payload={"text": f"note {key}"}, channel_id=channel_id, user_id=user_id
        )


async def deliver(*deliveries: Delivery) -> None:
    """Until nothing is due."""
    while any(await asyncio.gather(*(each.deliver_due() for each in deliveries))):
        pass


async def test_a_result_is_posted_in_the_channel_with_its_pictures_and_buttons(town: Town) -> None:
    run = await town.train(0.985)
    await deliver(Delivery(await town.log_in()))
    (text,) = town.posted()
    assert "98.5% of test digits right" in text
    assert f"run {run.id}" in text
    (message,) = town.messages()
    assert {file.filename for file in message.attachments} == {"curves.png", "confusion.png"}
    assert await town.outbox() == [(f"run:{run.id}:result", 1, True, False, message.id)]


async def test_a_failed_run_posts_why(town: Town) -> None:
    run = await take(town.database, (await town.ask()).id)
    assert run is not None
    await end(town.database, run, FAILED)
    await deliver(Delivery(await town.log_in()))
    (text,) = town.posted()
    assert FAILED.sentence in text
    assert FAILED.advice in text


async def test_two_processes_deliver_side_by_side_and_nothing_is_said_twice(town: Town) -> None:
    channels = [channel.id for channel in seed.CHANNELS]  # four, so that no bucket makes anybody wait
    for number in range(16):
        await write_note(town, f"{number:02}", channel_id=channels[number % 4])
    await deliver(Delivery(await town.log_in()), Delivery(await town.log_in()))
    said = [text for channel in channels for text in town.posted(channel)]
    assert sorted(said) == [f"note {number:02}" for number in range(16)]


async def test_a_process_that_dies_between_sending_and_writing_it_down_leaves_one_message(town: Town) -> None:
    run = await town.train()
    dying = Delivery(await town.log_in())
    await dying._send(await claim(town))  # and here it dies: the row stays claimed, and not marked
    assert len(town.posted()) == 1
    assert await town.outbox() == [(f"run:{run.id}:result", 1, False, False, None)]
    await town.make_due()
    await deliver(Delivery(await town.log_in()))
    (message,) = town.messages()
    assert await town.outbox() == [(f"run:{run.id}:result", 2, True, False, message.id)]


async def test_when_discord_fails_the_result_comes_a_little_later(town: Town) -> None:
    run = await town.train()
    delivery = Delivery(await town.log_in())
    town.ground.world.faults.fail(SEND, 503, times=2)
    await deliver(delivery)
    assert town.posted() == []
    assert 0 < await town.seconds_to_next_try() <= 2
    await town.make_due()
    await deliver(delivery)
    assert 2 < await town.seconds_to_next_try() <= 5
    await town.make_due()
    await deliver(delivery)
    assert len(town.posted()) == 1
    assert (await town.outbox())[0][:3] == (f"run:{run.id}:result", 3, True)


async def test_when_discord_cannot_be_reached_the_result_comes_a_little_later(
    town: Town, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    await town.train()
    delivery = Delivery(await town.log_in())
    with monkeypatch.context() as cut:
        cut.setattr("discord.http.Route.BASE", f"http://127.0.0.1:{unused_tcp_port}/api/v10")
        await deliver(delivery)
    ((key, attempts, sent, failed, _),) = await town.outbox()
    assert (attempts, sent, failed) == (1, False, False), key
    await town.make_due()
    await deliver(delivery)
    assert len(town.posted()) == 1


async def test_a_message_that_never_gets_through_is_given_up_at_last(town: Town) -> None:
    await town.train()
    await sql(town.database, "update outbox set attempts = 29")
    town.ground.world.faults.fail(SEND, 503)
    await deliver(Delivery(await town.log_in()))
    assert (await town.outbox())[0][1:4] == (30, False, True)


async def test_closed_dms_are_not_tried_again(town: Town) -> None:
    town.ground.world.set_dms(AIKO.id, is_open=False)
    await write_note(town, "hello", user_id=AIKO.id)
    await deliver(Delivery(await town.log_in()))
    assert (await town.outbox())[0][1:4] == (1, False, True)
    assert town.whispered(AIKO.id) == []


async def test_a_note_to_a_member_comes_by_dm(town: Town) -> None:
    await write_note(town, "hello", user_id=AIKO.id)
    await deliver(Delivery(await town.log_in()))
    assert town.whispered(AIKO.id) == ["note hello"]


async def test_what_the_operator_must_know_comes_by_dm_to_whose_application_it_is(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    async with town.database.transaction() as session:
        for key in ("first", "second"):
            await outbox.post(session, key=key, kind=outbox.OPERATOR, payload={"text": f"The {key} word."})
    delivery = Delivery(await town.log_in())
    await deliver(delivery)
    assert sorted(town.whispered(MARA.id)) == ["The first word.", "The second word."]
    town.ground.world.set_dms(MARA.id, is_open=False)
    async with town.database.transaction() as session:
        await outbox.post(session, key="third", kind=outbox.OPERATOR, payload={"text": "The third word."})
    await deliver(delivery)
    assert "for the operator: The third word." in caplog.messages, "with closed DMs the log still says it"


async def test_results_for_a_channel_that_is_gone_go_to_their_member_and_the_organiser_hears_of_it_once(
    town: Town,
) -> None:
    runs = [await town.train(), await town.train()]
    world = town.ground.world
    world.drop(world.channel(CHANNEL))
    delivery = Delivery(await town.connect())
    await deliver(delivery)
    told = town.whispered(TOMAS.id)
    assert sorted(f"run {run.id}" in "\n".join(told) for run in runs) == [True, True]
    assert len(told) == 2
    (note,) = town.whispered(MARA.id)
    assert f"<#{CHANNEL}>" in note
    assert seed.GUILD_NAME in note
    assert all(sent for _, _, sent, _, _ in await town.outbox())


async def test_ten_results_for_ten_dead_channels_at_once_all_arrive(town: Town) -> None:
    people = (TOMAS, AIKO, NADIA, JONAS)
    for number in range(10):
        await town.train(person=people[number % 4])
    await sql(town.database, "update outbox set channel_id = 1000 + id")
    async with asyncio.timeout(60):
        await deliver(Delivery(await town.log_in()))
    assert sum(len(town.whispered(person.id)) for person in people) == 10


async def test_a_channel_that_the_bot_may_not_write_in_counts_as_gone(town: Town) -> None:
    await town.train()
    world = town.ground.world
    closed = next(role for role in world.roles.values() if role.bot_id == seed.BOT_ID)
    everyone = world.role(seed.GUILD_ID)
    for role in (closed, everyone):
        world.keep(role.model_copy(update={"permissions": 0}))
    await deliver(Delivery(await town.log_in()))
    assert len(town.whispered(TOMAS.id)) == 1


async def test_where_neither_channel_nor_dm_takes_it_the_result_is_kept_for_runs(town: Town) -> None:
    run = await town.train()
    world = town.ground.world
    world.drop(world.channel(CHANNEL))
    world.set_dms(TOMAS.id, is_open=False)
    await deliver(Delivery(await town.log_in()))
    assert (await town.outbox())[0][1:4] == (2, False, True)
    assert (await fetch_run(town.database, run.id)).state == "succeeded"


async def test_delivery_starts_by_itself_when_something_is_written(town: Town) -> None:
    delivery = Delivery(await town.log_in())
    task = asyncio.create_task(delivery.run())
    try:
        for number, key in enumerate(("first", "second"), start=1):
            await write_note(town, key, channel_id=CHANNEL)
            await eventually(lambda wanted=number: len(town.posted()) == wanted)
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert town.posted() == ["note first", "note second"]


async def test_a_database_that_goes_away_after_sending_makes_no_second_message(town: Town) -> None:
    await town.train()
    delivery = Delivery(await town.log_in())
    row = await claim(town)
    await sql(town.database, "alter table outbox rename to elsewhere")
    with pytest.raises(ProgrammingError, match="outbox"):
        await delivery._deliver(row)
    await sql(town.database, "alter table elsewhere rename to outbox")
    assert len(town.posted()) == 1
    await town.make_due()
    await deliver(delivery)
    assert len(town.posted()) == 1
    assert (await town.outbox())[0][2] is True


async def test_delivery_goes_on_after_whatever_went_wrong(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    await write_note(town, "hello", channel_id=CHANNEL)
    delivery = Delivery(await town.log_in())
    await sql(town.database, "alter table outbox rename to elsewhere")
    task = asyncio.create_task(delivery.run())
    try:
        await eventually(lambda: "delivery failed; the next sweep tries again" in caplog.text)
        await sql(town.database, "alter table elsewhere rename to outbox")
        delivery.wake()
        await eventually(lambda: town.posted() == ["note hello"])
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_result_that_discord_refuses_leaves_a_line_that_says_where_it_is(town: Town) -> None:
    run = await town.train()
    town.ground.world.faults.fail(SEND, 400)
    await deliver(Delivery(await town.log_in()))
    (text,) = town.posted()
    assert f"`/runs show run:{run.id}` shows it" in text
