"""The card of a run follows it: never more than one edit in 3 s, and at the end it shows the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from bot.client import Waypoint
from bot.delivery import Delivery
from bot.live_cards import LiveCards
from bot.playground import seed
from bot.playground.messages import Draft, place
from bot.run_cards import digest, run_card, view_run
from db import fenced, presence, runs
from db.engine import notify
from db.runs import RUN_CHANGED, request_cancel
from db.tables import Run
from tests.bot.town import CHANNEL, Town, eventually
from tests.runs import at, end, fetch_run, finished, picture, sql, take
from workers.messages import Progress, Sample
from workers.records import Cancelled, dump_progress

EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"


async def with_card(town: Town) -> Run:
    """A queued run whose card was posted a minute ago, as the answer to its command."""
    run = await town.ask()
    world = town.ground.world
    async with town.database.transaction() as session:
        shown = run_card(await view_run(session, run, at()))
        draft = Draft(channel=world.channel(CHANNEL), author_id=seed.BOT_ID, body={})
        contents = {"content": "", "embeds": [], "components": shown.to_components(), "attachments": []}
        message = place(world, draft, contents, 1 << 15, ())
        await runs.remember_card(session, run.id, message.id, digest(run, shown), at(-60))
    return await fetch_run(town.database, run.id)


async def steps(town: Town, run: Run, step: int) -> None:
    """The worker reports a step."""
    async with town.database.transaction() as session:
        progress = dump_progress(Progress(step=step, total=100, metrics={"loss": 1 / step, "accuracy": step / 100}))
        await fenced.beat(session, run.id, run.attempt, at(), progress=progress)
        await notify(session, RUN_CHANGED, str(run.id))


async def worker_up(town: Town) -> None:
    async with town.database.transaction() as session:
        await presence.say_here(session, "worker-1", "gpu-box", "NVIDIA H100", at())


def card_of(town: Town, run: Run) -> str:
    """What stands on the card."""
    (message,) = [message for message in town.messages() if message.id == run.message_id]
    return town.text(message)


def shows(town: Town, run: Run, text: str) -> Callable[[], bool]:
    return lambda: text in card_of(town, run)


@asynccontextmanager
async def following(*bots: Waypoint) -> AsyncIterator[list[LiveCards]]:
    """As many bot processes that keep cards up to date."""
    cards = [LiveCards(bot) for bot in bots]
    tasks = [asyncio.create_task(each.run()) for each in cards]
    try:
        yield cards
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_a_card_follows_its_run_from_the_queue_to_the_end(town: Town) -> None:
    await worker_up(town)
    run = await with_card(town)
    async with following(await town.log_in()):
        await eventually(shows(town, run, "Next in the queue"))
        taken = await take(town.database, run.id)
        assert taken is not None
        await steps(town, taken, 40)
        await eventually(shows(town, run, "**40%**"))
        assert "loss **0.0250** · accuracy **40.00 %**" in card_of(town, run)
        await end(town.database, taken, finished(0.99))
        await eventually(shows(town, run, "99.0% of test digits right"))


async def test_two_processes_that_hear_thirty_steps_edit_a_card_once_in_three_seconds(town: Town) -> None:
    await worker_up(town)
    run = await with_card(town)
    taken = await take(town.database, run.id)
    assert taken is not None
    async with following(await town.log_in(), await town.log_in()):
        for step in range(1, 31):
            await steps(town, taken, step)
            await asyncio.sleep(0.1)
        await eventually(shows(town, run, "**30%**"))
    edits = town.edits(run.message_id)
    assert len(edits) >= 2
    assert min(later - earlier for earlier, later in pairwise(edits)) > 2.5  # 3 s, less what an edit is under way


async def test_a_card_that_was_deleted_is_forgotten_and_the_result_comes_all_the_same(town: Town) -> None:
    run = await with_card(town)
    world = town.ground.world
    world.drop(world.message(CHANNEL, run.message_id))
    taken = await take(town.database, run.id)
    assert taken is not None
    bot = await town.log_in()
    await LiveCards(bot)._edit_if_due(run.id)
    assert (await fetch_run(town.database, run.id)).message_id is None
    await end(town.database, taken, finished(0.99))
    await Delivery(bot).deliver_due()
    assert "99.0% of test digits right" in town.posted()[-1]


@pytest.mark.parametrize("reachable", [True, False])
async def test_an_edit_that_did_not_get_through_is_made_up_for(
    town: Town, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int, reachable: bool
) -> None:
    run = await with_card(town)
    taken = await take(town.database, run.id)
    assert taken is not None
    await end(town.database, taken, Cancelled(by="Tomás"))
    cards = LiveCards(await town.log_in())
    with monkeypatch.context() as cut:
        if reachable:
            town.ground.world.faults.fail(EDIT, 503)
        else:
            cut.setattr("discord.http.Route.BASE", f"http://127.0.0.1:{unused_tcp_port}/api/v10")
        await cards._edit_if_due(run.id)
    assert "Cancelled" not in card_of(town, run)
    await sql(town.database, "update runs set card_edited_at = now() - interval '4 seconds'")
    await cards.sweep()
    await eventually(shows(town, run, "🚫 Cancelled by Tomás"))


async def test_the_card_gets_a_link_to_the_result_once_that_is_posted(town: Town) -> None:
    run = await with_card(town)
    taken = await take(town.database, run.id)
    assert taken is not None
    await end(town.database, taken, finished())
    bot = await town.log_in()
    cards = LiveCards(bot)
    await cards._edit_if_due(run.id)
    assert "See the result" not in town.labels(run.message_id)
    await Delivery(bot).deliver_due()
    await sql(town.database, "update runs set card_edited_at = now() - interval '4 seconds'")
    await cards.sweep()
    await eventually(lambda: "See the result" in town.labels(run.message_id))
    result = town.messages()[-1]
    assert town.labels(run.message_id)["See the result"] == (
        f"https://discord.com/channels/{seed.GUILD_ID}/{CHANNEL}/{result.id}"
    )
    assert await cards._edit_if_due(run.id) is None
    async with town.database.session() as session:
        assert await runs.unsettled_cards(session) == []


async def test_a_running_run_whose_worker_is_gone_says_so(town: Town) -> None:
    await worker_up(town)
    run = await with_card(town)
    taken = await take(town.database, run.id)
    assert taken is not None
    await steps(town, taken, 40)
    await sql(town.database, "update workers set seen_at = to_timestamp(1767600000)")
    await LiveCards(await town.log_in())._edit_if_due(run.id)
    assert "Its worker is gone** since <t:1767600000:R>" in card_of(town, run)
    assert "**40%**" in card_of(town, run)


async def test_a_run_that_is_being_stopped_says_so_and_offers_no_second_cancel(town: Town) -> None:
    await worker_up(town)
    run = await with_card(town)
    await take(town.database, run.id)
    async with town.database.transaction() as session:
        await request_cancel(session, run.id, at(), by="Mara")
    await LiveCards(await town.log_in())._edit_if_due(run.id)
    assert "Stopping…" in card_of(town, run)
    assert town.labels(run.message_id) == {}


async def show(town: Town, run: Run, sample: Sample) -> None:
    """The worker passes on what the trainer shows, and reports a step."""
    name = f"sample-{sample.step}.png" if sample.picture else None
    async with town.database.transaction() as session:
        if name and sample.picture:
            await fenced.save_artifact(session, run.id, name, "image/png", sample.picture)
        payload = {"step": sample.step, "caption": sample.caption, "text": sample.text, "artifact": name}
        await fenced.add_event(session, run.id, run.attempt, "sample", payload)
    await steps(town, run, sample.step)
    await sql(town.database, "update runs set card_edited_at = now() - interval '4 seconds'")


def sent_files(town: Town, run: Run) -> list[tuple[str, ...]]:
    """The files that came with each edit of the card."""
    edits = [each for each in town.ground.world.exchanges if each.path.endswith(f"/messages/{run.message_id}")]
    assert {each.status for each in edits} == {200}
    return [each.files for each in edits]


async def test_a_card_shows_what_the_model_writes_as_it_learns(town: Town) -> None:
    await worker_up(town)
    run = await with_card(town)
    taken = await take(town.database, run.id)
    assert taken is not None
    cards = LiveCards(await town.log_in())
    for step, said in ((10, "tee tee ```he"), (20, "to be or")):
        await show(town, taken, Sample(step, f"After {step} steps", text=said))
        await cards._edit_if_due(run.id)
        assert f"-# After {step} steps" in card_of(town, run)
    assert "```\nto be or\n```" in card_of(town, run)
    assert "tee" not in card_of(town, run)


async def test_a_picture_on_the_card_is_sent_once_and_goes_when_the_run_ends(town: Town) -> None:
    await worker_up(town)
    run = await with_card(town)
    taken = await take(town.database, run.id)
    assert taken is not None
    cards = LiveCards(await town.log_in())
    await show(town, taken, Sample(10, "Digits by now", picture=picture("navy")))
    await cards._edit_if_due(run.id)
    await steps(town, taken, 15)
    await sql(town.database, "update runs set card_edited_at = now() - interval '4 seconds'")
    await cards._edit_if_due(run.id)
    await show(town, taken, Sample(20, "Digits by now", picture=picture("teal")))
    await cards._edit_if_due(run.id)
    (message,) = [each for each in town.messages() if each.id == run.message_id]
    assert [file.filename for file in message.attachments] == ["sample-20.png"]
    await end(town.database, taken, finished())
    await sql(town.database, "update runs set card_edited_at = now() - interval '4 seconds'")
    await cards._edit_if_due(run.id)
    assert sent_files(town, run) == [("sample-10.png",), (), ("sample-20.png",), ()]
    (message,) = [each for each in town.messages() if each.id == run.message_id]
    assert message.attachments == ()
